#include "test/kv/kv_fixture.hpp"

/// A key-value store as a state machine of a node.
namespace kv::test {
namespace {

TEST(operation, is_read_back_from_its_record) {
  for (const auto& x : {operation{put{"key", std::string("\0v", 2)}}, operation{put{"", ""}},
                        operation{del{"key"}}}) {
    auto decoded = decode(encode(x));
    ASSERT_TRUE(decoded && *decoded);
    EXPECT_EQ(**decoded, x);
  }
}

// docs/FORMAT.md shows these bytes.
TEST(operation, has_the_bytes_that_were_written_down) {
  EXPECT_EQ(encode(put{"k", "v"}), "\x0dSKV1\x12\x06\x0a\x01k\x12\x01v");
  EXPECT_EQ(encode(del{"k"}), "\x0dSKV1\x1a\x03\x0a\x01k");
}

TEST(operation, of_others_is_none) {
  for (const auto* record : {"", "a line of text", "\x0dSKV2"}) {
    auto decoded = decode(record);
    ASSERT_TRUE(decoded);
    EXPECT_FALSE(*decoded) << record;
  }
}

TEST(operation, of_a_later_version_is_not_passed_over) {
  auto unknown_change = decode("\x0dSKV1\x62\x00");
  ASSERT_FALSE(unknown_change);
  EXPECT_EQ(sluice::code_of(unknown_change.error()), errc::unknown_version);
  auto cut_off = encode(put{"key", "value"});
  cut_off.pop_back();
  EXPECT_FALSE(decode(cut_off));
}

TEST(kv_store, begins_empty_at_no_lsn) {
  scratch_directory directory;
  kv_store store;
  open(store, directory);
  EXPECT_EQ(store.applied(), sluice::no_lsn);
  EXPECT_EQ(state_in(directory), filled(0));
}

TEST(kv_store, applies_puts_and_deletes_in_order) {
  scratch_directory directory;
  kv_store store;
  open(store, directory);
  std::vector<sluice::record> batch{put_at(1, "a", "1"),     put_at(2, "b", "2"),
                                    put_at(3, "a", "3"),     delete_at(4, "b"),
                                    delete_at(5, "missing"), put_at(6, "empty", "")};
  ASSERT_FALSE(store.apply(batch));
  EXPECT_EQ(state_in(directory), (whole_state{lsn{6}, {{"a", "3"}, {"empty", ""}}}));
}

TEST(kv_store, goes_on_where_it_was) {
  scratch_directory directory;
  {
    kv_store store;
    open(store, directory);
    fill(store, 20);
  }
  kv_store store;
  open(store, directory);
  EXPECT_EQ(store.applied(), lsn{20});
  fill(store, 40);
  EXPECT_EQ(state_in(directory), filled(40));
}

TEST(kv_store, passes_over_what_it_has_already) {
  scratch_directory directory;
  kv_store store;
  open(store, directory);
  std::vector<sluice::record> first{put_at(1, "a", "1"), put_at(2, "a", "2")};
  ASSERT_FALSE(store.apply(first));
  std::vector<sluice::record> again{put_at(1, "a", "1"), put_at(2, "a", "2"), put_at(3, "b", "3")};
  ASSERT_FALSE(store.apply(again));
  EXPECT_EQ(state_in(directory), (whole_state{lsn{3}, {{"a", "2"}, {"b", "3"}}}));
}

TEST(kv_store, refuses_a_gap_and_changes_nothing) {
  scratch_directory directory;
  kv_store store;
  open(store, directory);
  fill(store, 2);
  std::vector<sluice::record> gap{put_at(3, "x", "3"), put_at(5, "x", "5")};
  EXPECT_EQ(sluice::code_of(store.apply(gap)), errc::malformed);
  EXPECT_EQ(state_in(directory), filled(2));
}

TEST(kv_store, applies_after_an_error_what_it_refused) {
  scratch_directory directory;
  kv_store store;
  open(store, directory);
  std::vector<sluice::record> batch{put_at(1, "a", "1"), record_at(2, "\x0dSKV1")};
  EXPECT_EQ(sluice::code_of(store.apply(batch)), errc::unknown_version);
  EXPECT_EQ(state_in(directory), filled(0)) << "all or nothing";
  batch[1] = put_at(2, "b", "2");
  ASSERT_FALSE(store.apply(batch));
  EXPECT_EQ(state_in(directory), (whole_state{lsn{2}, {{"a", "1"}, {"b", "2"}}}));
}

TEST(kv_store, counts_records_that_are_not_its_own) {
  scratch_directory directory;
  kv_store store;
  open(store, directory);
  std::vector<sluice::record> batch{record_at(1, "somebody's line"), put_at(2, "a", "1")};
  ASSERT_FALSE(store.apply(batch));
  auto reader = kv_reader::open(directory.path());
  ASSERT_TRUE(reader);
  EXPECT_EQ(*reader->ignored(), 1u);
  EXPECT_EQ(state_in(directory), (whole_state{lsn{2}, {{"a", "1"}}}));
}

TEST(kv_store, refuses_a_file_of_a_later_version_without_touching_it) {
  scratch_directory directory;
  auto file = directory.path() / "kv.sqlite";
  {
    auto made = database::open(file, access::write);
    ASSERT_TRUE(made);
    ASSERT_FALSE(made->run("PRAGMA application_id = 0x736C6B76; PRAGMA user_version = 2; "
                           "CREATE TABLE later(x)"));
  }
  auto content = [&] {
    std::ostringstream text;
    text << std::ifstream{file}.rdbuf();
    return text.str();
  };
  auto before = content();
  kv_store store;
  EXPECT_EQ(sluice::code_of(store.open(directory.path())), errc::unknown_version);
  EXPECT_EQ(content(), before);
}

TEST(kv_store, refuses_a_file_that_is_not_its_own) {
  scratch_directory directory;
  std::ofstream{directory.path() / "kv.sqlite"} << std::string(5000, 'x');
  kv_store store;
  EXPECT_EQ(sluice::code_of(store.open(directory.path())), errc::corruption);
}

TEST(kv_reader, sees_whole_batches_while_the_store_goes_on) {
  scratch_directory directory;
  kv_store store;
  open(store, directory);
  fill(store, 30);
  auto reader = kv_reader::open(directory.path());
  ASSERT_TRUE(reader);
  ASSERT_FALSE(reader->freeze());
  EXPECT_EQ(*reader->applied(), lsn{30});
  fill(store, 60);
  EXPECT_EQ(*reader->applied(), lsn{30});
  EXPECT_EQ(**reader->get("k2"), "30");
  ASSERT_FALSE(reader->thaw());
  EXPECT_EQ(*reader->applied(), lsn{60});
}

TEST(kv_reader, lists_a_prefix_in_order) {
  scratch_directory directory;
  kv_store store;
  open(store, directory);
  std::vector<sluice::record> batch{put_at(1, "b", ""), put_at(2, "a2", ""), put_at(3, "a1", ""),
                                    put_at(4, "a", ""), put_at(5, "ab", "")};
  ASSERT_FALSE(store.apply(batch));
  auto reader = kv_reader::open(directory.path());
  ASSERT_TRUE(reader);
  auto rows = reader->list("a");
  ASSERT_TRUE(rows);
  std::string keys;
  while (auto row = rows->next()) {
    if (!*row)
      break;
    keys += std::string{(*row)->key} + " ";
  }
  EXPECT_EQ(keys, "a a1 a2 ab ");
}

TEST(kv_reader, of_a_directory_without_a_state_says_so) {
  scratch_directory directory;
  auto reader = kv_reader::open(directory.path());
  ASSERT_FALSE(reader);
  EXPECT_EQ(sluice::code_of(reader.error()), errc::not_found);
  EXPECT_TRUE(directory.names().empty());
}

TEST(comparison, finds_two_states_of_the_same_records_the_same) {
  scratch_directory one;
  scratch_directory other;
  kv_store a;
  kv_store b;
  open(a, one);
  open(b, other);
  fill(a, 50);
  fill(b, 50);
  auto here = kv_reader::open(one.path());
  auto there = kv_reader::open(other.path());
  auto found = compare(*here, *there);
  ASSERT_TRUE(found);
  EXPECT_TRUE(found->are_same());
  EXPECT_EQ(found->entries, filled(50).entries.size());
}

TEST(comparison, tells_how_two_states_differ) {
  scratch_directory one;
  scratch_directory other;
  kv_store a;
  kv_store b;
  open(a, one);
  open(b, other);
  std::vector<sluice::record> ours{put_at(1, "same", "1"), put_at(2, "here", "2"),
                                   put_at(3, "value", "3")};
  std::vector<sluice::record> theirs{put_at(1, "same", "1"), put_at(2, "there", "2"),
                                     put_at(3, "value", "x")};
  ASSERT_FALSE(a.apply(ours));
  ASSERT_FALSE(b.apply(theirs));
  auto here = kv_reader::open(one.path());
  auto there = kv_reader::open(other.path());
  auto found = compare(*here, *there);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->differing, 3u);
  ASSERT_EQ(found->examples.size(), 3u);
  EXPECT_EQ(found->examples[0].key, "here");
  EXPECT_EQ(found->examples[0].there, std::nullopt);
  EXPECT_EQ(found->examples[1].key, "there");
  EXPECT_EQ(found->examples[1].here, std::nullopt);
  EXPECT_EQ(found->examples[2].key, "value");
  fill(a, 4);
  EXPECT_FALSE(compare(*here, *there)->are_same()) << "they are at different LSNs";
}

} // namespace
} // namespace kv::test
