#include "tools/record_input.hpp"

#include <sluice/errc.hpp>

#include <gtest/gtest.h>

#include <vector>

#include <unistd.h>

namespace sluice::tools {
namespace {

using texts = std::vector<std::string>;

/// A pipe that holds `bytes` and ends; at most what a pipe holds.
class filled_pipe {
public:
  explicit filled_pipe(std::string_view bytes) {
    EXPECT_EQ(pipe(ends_), 0);
    EXPECT_EQ(::write(ends_[1], bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
    ::close(ends_[1]);
  }
  ~filled_pipe() { ::close(ends_[0]); }
  filled_pipe(const filled_pipe&) = delete;
  filled_pipe& operator=(const filled_pipe&) = delete;
  int end() const { return ends_[0]; }

private:
  int ends_[2] = {-1, -1};
};

texts all_of(record_input& input) {
  texts result;
  while (true) {
    auto record = input.next();
    if (!record) {
      result.push_back("error " + to_string(code_of(record.error())));
      return result;
    }
    if (!*record)
      return result;
    result.emplace_back((*record)->view());
  }
}

texts lines_in(std::string_view bytes) {
  filled_pipe source{bytes};
  return all_of(*read_lines(source.end()));
}

TEST(read_lines, takes_a_record_a_line) {
  EXPECT_EQ(lines_in("a\n\nb"), (texts{"a", "", "b"}));
  EXPECT_EQ(lines_in("a\n"), texts{"a"});
  EXPECT_EQ(lines_in("\n"), texts{""});
  EXPECT_EQ(lines_in(""), texts{});
}

TEST(read_stanzas, divides_at_empty_lines) {
  filled_pipe source{"a: 1\nb: 2\n\na: 3\n\na: 4\n"};
  EXPECT_EQ(all_of(*read_stanzas(source.end())), (texts{"a: 1\nb: 2\n", "a: 3\n", "a: 4\n"}));
}

TEST(read_length_prefixed, takes_any_bytes) {
  filled_pipe source{std::string{"\x02\0\0\0\n\0\0\0\0\0", 10}};
  EXPECT_EQ(all_of(*read_length_prefixed(source.end())), (texts{std::string{"\n\0", 2}, ""}));
}

TEST(read_length_prefixed, refuses_an_end_inside_of_a_record) {
  for (auto bytes : {std::string{"\x02\0", 2}, std::string{"\x02\0\0\0a", 5}}) {
    filled_pipe source{bytes};
    EXPECT_EQ(all_of(*read_length_prefixed(source.end())), texts{"error io_error"});
  }
}

TEST(read_length_prefixed, refuses_a_length_that_no_record_has) {
  filled_pipe source{"\xff\xff\xff\xff"};
  EXPECT_EQ(all_of(*read_length_prefixed(source.end())), texts{"error too_large"});
}

TEST(generated_record, follows_from_its_number) {
  EXPECT_EQ(generated_record(42, 64), generated_record(42, 64));
  EXPECT_FALSE(generated_record(42, 64) == generated_record(43, 64));
  EXPECT_EQ(generated_record(42, 64).view().substr(0, 11), "0000000042:");
  EXPECT_EQ(generated_record(42, 4).view(), "0000");
  EXPECT_EQ(generated_record(42, 0).size(), 0u);
  EXPECT_EQ(generated_record(42, 100'000).view().find('\n'), std::string_view::npos);
}

TEST(generate_records, counts_from_one) {
  EXPECT_EQ(all_of(*generate_records(11, 2)), (texts{"0000000001:", "0000000002:"}));
}

} // namespace
} // namespace sluice::tools
