"""Each check finds what was planted for it, and lets through what it must."""

import os
import tempfile
import unittest

import rules


def tree(files):
    with tempfile.TemporaryDirectory() as root:
        for path, text in files.items():
            os.makedirs(os.path.dirname(os.path.join(root, path)) or root, exist_ok=True)
            with open(os.path.join(root, path), "w") as file:
                file.write(text)
        return rules.Tree(root)


def findings(check, files):
    return list(check(tree(files)))


NOTE = "TO" + "DO"
PLACE = "/" + "work/"

# check -> files that each make it fail.
BAD = {
    rules.includes_point_to_the_left: {
        "replication/a.cpp": '#include "persistence/vfs.hpp"\n',
        "include/sluice/a.cpp": '#include "replication/slot.hpp"\n',
        "messages/a.hpp": '#pragma once\n#include "persistence/vfs.hpp"\n',
        "net/a.cpp": '  #  include "persistence/vfs.hpp"\n',
        "actors/a.cpp": '#include "net/connect.hpp"\n',
        "config/a.cpp": '#include "test/support/builders.hpp"\n',
        "net/b.cpp": '#include "examples/kv/kv_store.hpp"\n',
    },
    rules.includes_are_named_from_the_root: {
        "replication/a.cpp": '#include "slot.hpp"\n',
        "replication/b.cpp": '#include "../persistence/vfs.hpp"\n',
        "net/a.cpp": '#include "sluice/types.hpp"\n',
        "net/b.cpp": "#include <actors/spool_writer.hpp>\n",
        "net/c.cpp": '#include "include/sluice/types.hpp"\n',
    },
    rules.public_headers_need_only_std_and_caf: {
        "include/sluice/a.hpp": "#pragma once\n#include <spdlog/spdlog.h>\n",
        "include/sluice/b.hpp": '#pragma once\n#include "replication/slot.hpp"\n',
        "include/sluice/c.hpp": "#pragma once\n#include <unistd.h>\n",
        "examples/embed.cpp": '#include "net/primary_node.hpp"\n',
        "examples/embed_kv.cpp": '#include "examples/kv/kv_store.hpp"\n',
        "examples/kv/a.cpp": '#include "persistence/vfs.hpp"\n',
        "examples/kv/b.hpp": "#pragma once\n#include <spdlog/spdlog.h>\n",
    },
    rules.protobuf_stays_behind_the_codecs: {
        "actors/a.cpp": '#include "wire.pb.h"\n',
        "messages/codec.hpp": '#pragma once\n#include "messages/wire.pb.h"\n',
        "messages/inspect.cpp": "#include <wire.pb.h>\n",
        "persistence/spool.cpp": '#include "catalog.pb.h"\n',
        "test/actors/a.cpp": '#include "wire.pb.h"\n',
        "examples/kv/kv_store.cpp": '#include "operation.pb.h"\n',
    },
    rules.files_are_touched_in_few_folders: {
        "actors/a.cpp": "bool b = std::filesystem::exists(p);\n",
        "actors/b.cpp": "namespace fs = std::filesystem;\n",
        "replication/a.hpp": "#pragma once\nstd::filesystem::path where;\n",
        "messages/a.cpp": "std::ifstream in(name);\n",
    },
    rules.clocks_chance_and_threads_have_one_home: {
        "replication/a.cpp": "auto t = std::chrono::steady_clock::now();\n",
        "actors/a.cpp": "auto t = system_clock :: now();\n",
        "persistence/a.cpp": "std::random_device seed;\n",
        "net/a.cpp": "std::thread t;\n",
        "messages/a.cpp": "std::jthread t;\n",
    },
    rules.actors_and_rules_hold_no_lock: {
        "actors/a.hpp": "#pragma once\nstd::mutex m;\n",
        "replication/a.cpp": "std::shared_mutex m;\n",
        "actors/b.cpp": "std::lock_guard guard(m);\n",
    },
    rules.tests_do_not_sleep: {
        "test/actors/a.cpp": "std::this_thread::sleep_for(1s);\n",
        "test/support/b.cpp": "usleep(1);\n",
        "test/net/c.cpp": "std::this_thread::sleep_until(t);\n",
    },
    rules.files_are_short: {
        "actors/a.cpp": "int x;\n" * 401,
        "scripts/a": "true\n" * 401,
        "test/a.cpp": "int x;\n" * 401,
    },
    rules.nothing_is_left_for_later: {
        "actors/a.cpp": f"// {NOTE}: later\n",
        "README.md": f"see {PLACE}main\n",
        "scripts/a": f"cd {PLACE}main\n",
        "cmake/a.cmake": "# FIX" + "ME\n",
    },
    rules.headers_start_with_pragma_once: {
        "actors/a.hpp": "int x;\n",
        "test/support/a.hpp": "// first\n#pragma once\n",
        "net/empty.hpp": "",
    },
}

GOOD = {
    "include/sluice/a.hpp":
        "#pragma once\n#include <vector>\n#include <caf/error.hpp>\n#include <sluice/types.hpp>\n"
        "#include <filesystem>\nstd::filesystem::path data;\n",
    "replication/a.cpp":
        '// steady_clock::now() and std::mutex are not for rules; #include "net/connect.hpp"\n'
        '#include "replication/a.hpp"\n#include <sluice/types.hpp>\n'
        'auto text = "std::mutex \\" // std::random_device";\n'
        "/*\n#include \"actors/x.hpp\"\n*/ auto raw = R\"x(std::thread)\" std::mutex)x\";\n"
        "auto many = 1'000'000;\n",
    "persistence/wall_clock.cpp": "auto t = std::chrono::system_clock::now();\n",
    "persistence/random.cpp": "std::random_device device;\n",
    "persistence/vfs.cpp": "std::mutex m; namespace fs = std::filesystem;\n",
    "persistence/slot_catalog.cpp": '#include "catalog.pb.h"\n',
    "persistence/node_state_codec.cpp": '#include "persistence/node_state.pb.h"\n',
    "messages/codec_stream.cpp": '#include "wire.pb.h"\n#include "replication/slot.hpp"\n',
    "actors/a.cpp": '#include "persistence/spool.hpp"\n#include "config/defaults.hpp"\n'
                    "auto now = self->clock().now();\nstd::filesystem::path where;\n",
    "net/a.cpp": '#include "actors/spool_writer.hpp"\n#include "messages/codec.hpp"\n'
                 "std::filesystem::create_directories(p);\n",
    "examples/kv/operation_codec.cpp": '#include "examples/kv/a.hpp"\n#include "operation.pb.h"\n',
    "examples/kv/a.cpp": '#include "examples/kv/a.hpp"\n#include <sqlite3.h>\n#include <unistd.h>\n',
    "tools/b.cpp": '#include "examples/kv/a.hpp"\n',
    "tools/a.cpp": '#include "net/connect.hpp"\n#include "persistence/spool.hpp"\nstd::thread t;\n',
    "test/actors/a.cpp": '#include "test/support/builders.hpp"\n#include "actors/a.hpp"\nint x;\n' * 133,
    "test/smoke/a.cpp": "std::this_thread::sleep_for(1s);\n",
    "test/support/process.cpp": "usleep(1);\n",
    "docs/long.md": "a line\n" * 1000,
    "docs/b.md": "mktemp -d -t x.XXXXXX\n",
    "build/dev/a.hpp": f"// {NOTE}\n",
}


class every_check(unittest.TestCase):
    def test_finds_each_thing_that_was_planted_for_it(self):
        for check, files in BAD.items():
            for path, text in files.items():
                with self.subTest(check=check.__name__, path=path):
                    found = findings(check, {path: text})
                    self.assertTrue(found)
                    self.assertTrue(all(one.startswith(path + ":") for one in found), found)

    def test_lets_through_what_is_allowed(self):
        for check in rules.CHECKS:
            with self.subTest(check=check.__name__):
                self.assertEqual(findings(check, GOOD), [])

    def test_has_something_planted_for_it(self):
        self.assertEqual(set(rules.CHECKS), set(BAD))

    def test_names_the_line(self):
        files = {"actors/a.cpp": "/* a\n b */\nint x;\nstd::mutex m;\n"}
        self.assertEqual([one.split(": ")[0]
                          for one in findings(rules.actors_and_rules_hold_no_lock, files)],
                         ["actors/a.cpp:4"])


if __name__ == "__main__":
    unittest.main()
