#include "test/kv/kv_fixture.hpp"

/// The state of a key-value store on its way to another node.
namespace kv::test {
namespace {

/// What `directory` must hold besides SQLite's own companions of the state.
void expect_nothing_staged(const scratch_directory& directory) {
  for (const auto& name : directory.names())
    EXPECT_TRUE(name == "kv.sqlite" || name == "kv.sqlite-wal" || name == "kv.sqlite-shm") << name;
}

std::string all_of(sluice::snapshot_stream& stream) {
  std::string all;
  while (true) {
    auto chunk = stream.next(1000);
    if (!chunk)
      throw std::runtime_error(sluice::describe(chunk.error()));
    if (chunk->empty())
      return all;
    EXPECT_LE(chunk->size(), 1000u);
    all += *chunk;
  }
}

struct snapshot {
  lsn at;
  std::string bytes;
};

snapshot snapshot_of(const scratch_directory& directory) {
  kv_snapshot_source source{directory.path()};
  auto stream = source.begin();
  if (!stream)
    throw std::runtime_error(sluice::describe(stream.error()));
  auto bytes = all_of(**stream);
  EXPECT_EQ((*stream)->bytes(), bytes.size());
  return {(*stream)->at(), std::move(bytes)};
}

TEST(kv_snapshot, is_the_state_at_its_lsn_although_writes_go_on) {
  scratch_directory from;
  scratch_directory to;
  kv_store store;
  open(store, from);
  fill(store, 100);
  kv_snapshot_source source{from.path()};
  auto stream = source.begin();
  ASSERT_TRUE(stream);
  fill(store, 200);
  auto bytes = all_of(**stream);
  EXPECT_EQ((*stream)->at(), lsn{100});

  kv_store other;
  open(other, to);
  kv_snapshot_sink sink{to.path()};
  ASSERT_FALSE(sink.begin(lsn{100}));
  ASSERT_FALSE(sink.write(bytes));
  ASSERT_FALSE(sink.install(lsn{100}));
  EXPECT_EQ(state_in(to), filled(100));
  EXPECT_EQ(other.applied(), lsn{100}) << "the store that is open has the new state";
  fill(other, 200);
  EXPECT_EQ(state_in(to), state_in(from));
  EXPECT_TRUE(std::filesystem::exists((*stream)->file()));
  stream->reset();
  expect_nothing_staged(from);
  expect_nothing_staged(to);
}

TEST(kv_snapshot, several_may_be_under_way) {
  scratch_directory from;
  kv_store store;
  open(store, from);
  fill(store, 10);
  kv_snapshot_source source{from.path()};
  auto early = source.begin();
  fill(store, 20);
  auto late = source.begin();
  ASSERT_TRUE(early && late);
  EXPECT_EQ((*early)->at(), lsn{10});
  EXPECT_EQ((*late)->at(), lsn{20});
  early->reset();
  late->reset();
  expect_nothing_staged(from);
}

TEST(kv_snapshot, replaces_an_older_state_under_the_eyes_of_its_readers) {
  scratch_directory from;
  scratch_directory to;
  kv_store store;
  open(store, from);
  fill(store, 500);
  kv_store other;
  open(other, to);
  fill(other, 20);
  auto reader = kv_reader::open(to.path());
  ASSERT_TRUE(reader);
  ASSERT_FALSE(reader->freeze());
  EXPECT_EQ(*reader->applied(), lsn{20});
  auto taken = snapshot_of(from);
  kv_snapshot_sink sink{to.path()};
  ASSERT_FALSE(sink.begin(taken.at));
  ASSERT_FALSE(sink.write(taken.bytes));
  ASSERT_FALSE(sink.install(taken.at));
  EXPECT_EQ(*reader->applied(), lsn{20}) << "it still reads the state that it froze";
  EXPECT_EQ(**reader->get("k6"), filled(20).entries["k6"]);
  ASSERT_FALSE(reader->thaw());
  EXPECT_EQ(*reader->applied(), lsn{500});
  EXPECT_EQ(state_in(to), filled(500));
}

TEST(kv_snapshot, is_written_into_a_directory_without_a_state) {
  scratch_directory from;
  scratch_directory to;
  kv_store store;
  open(store, from);
  fill(store, 50);
  auto taken = snapshot_of(from);
  kv_snapshot_sink sink{to.path()};
  ASSERT_FALSE(sink.begin(taken.at));
  ASSERT_FALSE(sink.write(taken.bytes));
  ASSERT_FALSE(sink.install(taken.at));
  EXPECT_EQ(state_in(to), filled(50));
}

TEST(kv_snapshot, is_taken_from_a_file_without_a_copy_of_it) {
  scratch_directory from;
  scratch_directory to;
  kv_store store;
  open(store, from);
  fill(store, 50);
  kv_store other;
  open(other, to);
  auto taken = snapshot_of(from);
  auto file = to.path() / "staged";
  std::ofstream{file, std::ios::binary} << taken.bytes;
  kv_snapshot_sink sink{to.path()};
  auto is_staged = sink.stage(taken.at, file);
  ASSERT_TRUE(is_staged);
  EXPECT_TRUE(*is_staged);
  ASSERT_FALSE(sink.install(taken.at));
  EXPECT_EQ(state_in(to), filled(50));
  EXPECT_EQ(std::filesystem::file_size(file), taken.bytes.size()) << "it is not touched";
  std::filesystem::remove(file);
  expect_nothing_staged(to);
}

/// A store at 20 that is given a snapshot at 50 in `corrupted` form.
void expect_refused(const std::function<void(std::string&)>& corrupt, lsn claimed) {
  scratch_directory from;
  scratch_directory to;
  kv_store store;
  open(store, from);
  fill(store, 50);
  kv_store other;
  open(other, to);
  fill(other, 20);
  auto taken = snapshot_of(from);
  corrupt(taken.bytes);
  kv_snapshot_sink sink{to.path()};
  ASSERT_FALSE(sink.begin(claimed));
  ASSERT_FALSE(sink.write(taken.bytes));
  EXPECT_EQ(sluice::code_of(sink.install(claimed)), errc::corruption);
  EXPECT_EQ(state_in(to), filled(20));
  expect_nothing_staged(to);
}

TEST(kv_snapshot, that_is_half_is_refused) {
  expect_refused([](std::string& bytes) { bytes.resize(bytes.size() / 2); }, lsn{50});
}

TEST(kv_snapshot, that_is_empty_is_refused) {
  expect_refused([](std::string& bytes) { bytes.clear(); }, lsn{50});
}

TEST(kv_snapshot, that_is_damaged_is_refused) {
  expect_refused([](std::string& bytes) { bytes.replace(4096, 100, 100, '\xff'); }, lsn{50});
}

TEST(kv_snapshot, of_another_lsn_than_was_said_is_refused) {
  expect_refused([](std::string&) {}, lsn{49});
}

TEST(kv_snapshot, that_is_aborted_leaves_the_state_alone) {
  scratch_directory directory;
  kv_store store;
  open(store, directory);
  fill(store, 20);
  {
    kv_snapshot_sink sink{directory.path()};
    ASSERT_FALSE(sink.begin(lsn{50}));
    ASSERT_FALSE(sink.write("half of it"));
    sink.abort();
    expect_nothing_staged(directory);
    EXPECT_EQ(sluice::code_of(sink.install(lsn{50})), errc::invalid_argument);
    ASSERT_FALSE(sink.begin(lsn{50}));
    ASSERT_FALSE(sink.write("half of it"));
  }
  expect_nothing_staged(directory);
  EXPECT_EQ(state_in(directory), filled(20));
}

} // namespace
} // namespace kv::test
