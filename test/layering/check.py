"""usage: check.py ROOT [CHECK...]: runs the checks of rules.py, all when none is named."""

import sys

import rules


def main(root, *names):
    by_name = {check.__name__: check for check in rules.CHECKS}
    unknown = [name for name in names if name not in by_name]
    if unknown:
        sys.exit(f"no such check: {', '.join(unknown)}")
    tree = rules.Tree(root)
    findings = 0
    for name in names or by_name:
        for finding in by_name[name](tree):
            findings += 1
            print(f"{finding} [{name}]")
    print(f"{len(tree.files)} files, {findings} findings")
    return 1 if findings or not tree.files else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
