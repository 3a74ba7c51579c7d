"""What the layout of the repository promises, as checks on its files.

A check takes a Tree and yields findings, "path:line: what is wrong". The folders stand in
docs/ARCHITECTURE.md; which exception a rule has stands beside the rule.
"""

import os
import re

ORDER = ["include/sluice", "replication", "persistence", "messages", "config", "actors", "net",
         "tools"]
SOURCE_FOLDERS = ORDER + ["bench", "examples", "test"]
CODE = (".cpp", ".hpp", ".h")
NOT_OURS = {".git", "build", ".cache", "__pycache__"}
LINES_MAX = 400


class Tree:
    """The text of the repository's files, by path from its root."""

    def __init__(self, root):
        self.files = {}
        for folder, folders, names in os.walk(root):
            folders[:] = sorted(name for name in folders if name not in NOT_OURS)
            for name in sorted(names):
                path = os.path.join(folder, name)
                if os.path.islink(path):
                    continue
                with open(path, "rb") as file:
                    content = file.read()
                if b"\0" in content:
                    continue
                self.files[os.path.relpath(path, root)] = content.decode("utf-8", "replace")

    def code(self, *folders):
        """(path, text) of the C++ in `folders`, all of ours when none is named."""
        for path, text in self.files.items():
            if path.endswith(CODE) and folder_of(path) in (folders or SOURCE_FOLDERS):
                yield path, text


def folder_of(path):
    for folder in SOURCE_FOLDERS:
        if path.startswith(folder + "/"):
            return folder
    return None


# A comment, a raw string, a string or a character.
TOKEN = re.compile(r"""//[^\n]*|/\*.*?\*/|R"([^(\s"]*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])'""",
                   re.DOTALL)


def blank(match):
    return re.sub(r"[^\n]", " ", match.group())


def without_comments(text):
    return TOKEN.sub(lambda m: blank(m) if m.group().startswith("/") else m.group(), text)


def without_comments_and_strings(text):
    return TOKEN.sub(blank, text)


def line_of(text, position):
    return text.count("\n", 0, position) + 1


def includes(text):
    """(line, name, "<" or '"') of each include."""
    for match in re.finditer(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]',
                             without_comments(text), re.MULTILINE):
        yield line_of(text, match.start()), match.group(2), match.group(1)


def uses(text, pattern):
    """(line, what was found) of `pattern` in the code of `text`."""
    code = without_comments_and_strings(text)
    for match in re.finditer(pattern, code):
        yield line_of(code, match.start()), match.group()


def included_folder(name):
    """The folder that an include names; `sluice/x.hpp` is include/sluice."""
    return folder_of("include/" + name) or folder_of(name)


# -- includes ----------------------------------------------------------------------------

# Beyond the order: who may not see whom although it stands to the left.
NEVER = {"messages": {"persistence"}, "net": {"persistence"}, "actors": set()}


# The tool's nodes can keep the state of this example.
STATE_OF_THE_TOOL = "examples/kv/"


def includes_point_to_the_left(tree):
    """A folder includes itself and what stands left of it in ORDER; `messages` and `net`
    never `persistence`."""
    for path, text in tree.code(*ORDER):
        own = folder_of(path)
        for line, name, _ in includes(text):
            other = included_folder(name)
            if other is None or own == "tools" and name.startswith(STATE_OF_THE_TOOL):
                continue
            if other not in ORDER:
                yield f"{path}:{line}: {own} includes {name}: not a part of the library"
            elif ORDER.index(other) > ORDER.index(own) or other in NEVER.get(own, ()):
                yield f"{path}:{line}: {own} must not know {other} ({name})"


def includes_are_named_from_the_root(tree):
    """`<sluice/x.hpp>` for public headers, `"folder/x.hpp"` for the others."""
    for path, text in tree.code():
        for line, name, bracket in includes(text):
            if name.endswith(".pb.h"):
                continue
            other = included_folder(name)
            if bracket == '"' and (other is None or other == "include/sluice"):
                yield f'{path}:{line}: "{name}" is not named from the root'
            elif bracket == "<" and other is not None and other != "include/sluice":
                yield f"{path}:{line}: <{name}> is no public header"
            elif name.startswith("include/"):
                yield f"{path}:{line}: public headers are <sluice/...>, not {name}"


STATE_LIBRARIES = {"sqlite3.h", "fcntl.h", "unistd.h"}


def public_headers_need_only_std_and_caf(tree):
    """What an embedder includes pulls in <sluice/...>, the standard library and CAF; so do
    the examples, which are an embedder's code. What stands below a folder of its own there has
    headers of its own, and a state somewhere: files, SQLite."""
    for path, text in tree.code("include/sluice", "examples"):
        if folder_of(path) == "include/sluice" and not path.endswith(".hpp"):
            continue
        for line, name, bracket in includes(text):
            standard = "/" not in name and "." not in name
            own = os.path.dirname(path) + "/"
            is_state = folder_of(path) == "examples" and own != "examples/"
            if is_state and (name.startswith(own) or name in STATE_LIBRARIES
                             or name.endswith(".pb.h")):
                continue
            if bracket != "<" or not (standard or name.startswith(("sluice/", "caf/"))):
                yield f"{path}:{line}: {name} is neither <sluice/...> nor std nor caf"


# The schemas stay behind the codecs. Tests may speak protobuf where the bytes are the subject.
PROTO_USERS = re.compile(r"messages/[^/]*codec[^/]*\.cpp"
                         r"|persistence/(node_state|[^/]*catalog|snapshot_manifest)[^/]*\.cpp"
                         r"|examples/[^/]+/[^/]*_codec\.cpp"
                         r"|test/(messages|conformance|fuzz)/.*")


def protobuf_stays_behind_the_codecs(tree):
    for path, text in tree.code():
        if PROTO_USERS.fullmatch(path):
            continue
        for line, name, _ in includes(text):
            if name.endswith(".pb.h"):
                yield f"{path}:{line}: {name} outside the codecs"


# A path may be handed on as a value where files are none of the folder's business.
PATH_AS_VALUE = ["include/sluice", "messages", "actors"]


def files_are_touched_in_few_folders(tree):
    """Nothing of std::filesystem in replication; only the type `path` in PATH_AS_VALUE."""
    for path, text in tree.code("replication", *PATH_AS_VALUE):
        value_ok = folder_of(path) in PATH_AS_VALUE
        pattern = r"\bfilesystem\b(?!\s*>)" + (r"(?!\s*::\s*path\b)" if value_ok else "")
        for line, _ in uses(text, pattern):
            yield f"{path}:{line}: std::filesystem is for persistence, config, net and tools"
        pattern = r"\b(std\s*::\s*)?(basic_)?[io]?fstream\b|\bfopen\b|<fcntl\.h>"
        for line, what in uses(text, pattern):
            yield f"{path}:{line}: {what} opens files outside persistence"


# -- time, chance, threads ----------------------------------------------------------------

PURE_OF_CLOCKS = ["replication", "persistence", "actors", "messages", "net"]
CLOCK_EXCEPTION = re.compile(r"persistence/(wall_clock|random)[^/]*")
CLOCKS = (r"\b(system|steady|high_resolution)_clock\s*::\s*now\b|\brandom_device\b"
          r"|\bstd\s*::\s*(jthread|thread|async)\b|\b(clock_gettime|gettimeofday)\b|\bs?rand\s*\(")


def clocks_chance_and_threads_have_one_home(tree):
    for path, text in tree.code(*PURE_OF_CLOCKS):
        if CLOCK_EXCEPTION.fullmatch(path):
            continue
        for line, what in uses(text, CLOCKS):
            yield f"{path}:{line}: {what}: ask for it through a parameter or the actor clock"


LOCKS = (r"\bstd\s*::\s*(\w*mutex|condition_variable\w*|lock_guard|scoped_lock|unique_lock"
         r"|shared_lock)\b")


def actors_and_rules_hold_no_lock(tree):
    for path, text in tree.code("actors", "replication"):
        for line, what in uses(text, LOCKS):
            yield f"{path}:{line}: {what}: one owner for each fact, no locks"


SLEEPERS = re.compile(r"test/(smoke/.*|support/process[^/]*)")
SLEEP = r"\b(sleep_for|sleep_until|usleep|nanosleep)\b"


def tests_do_not_sleep(tree):
    for path, text in tree.code("test"):
        if SLEEPERS.fullmatch(path):
            continue
        for line, what in uses(text, SLEEP):
            yield f"{path}:{line}: {what}: tests move the clock themselves"


# -- tidiness ----------------------------------------------------------------------------

COUNTED = CODE + (".py", ".cmake", ".proto", "CMakeLists.txt")


def files_are_short(tree):
    for path, text in tree.files.items():
        if path.endswith(COUNTED) or path.startswith("scripts/"):
            lines = len(text.splitlines())
            if lines > LINES_MAX:
                yield f"{path}:{lines}: {lines} lines, {LINES_MAX} are the limit: split it by subject"


# Put together here so that this file does not find itself.
LEFTOVERS = re.compile(r"\b(" + "|".join(["TO" "DO", "FIX" "ME", "X" "XX", "HA" "CK"]) + r")\b")
FOREIGN_PATH = re.compile(r"(?<![\w.}-])/" r"work/")


def nothing_is_left_for_later(tree):
    """No note to oneself, no path of the machine that something was written on."""
    for path, text in tree.files.items():
        for number, line in enumerate(text.splitlines(), 1):
            for pattern in (LEFTOVERS, FOREIGN_PATH):
                match = pattern.search(line)
                if match:
                    yield f"{path}:{number}: {match.group()}"


def headers_start_with_pragma_once(tree):
    for path, text in tree.code():
        if path.endswith((".hpp", ".h")) and not text.startswith("#pragma once\n"):
            yield f"{path}:1: does not start with #pragma once"


CHECKS = [
    includes_point_to_the_left,
    includes_are_named_from_the_root,
    public_headers_need_only_std_and_caf,
    protobuf_stays_behind_the_codecs,
    files_are_touched_in_few_folders,
    clocks_chance_and_threads_have_one_home,
    actors_and_rules_hold_no_lock,
    tests_do_not_sleep,
    files_are_short,
    nothing_is_left_for_later,
    headers_start_with_pragma_once,
]
