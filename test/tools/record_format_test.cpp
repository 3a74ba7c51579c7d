#include "tools/record_format.hpp"

#include <gtest/gtest.h>

#include <unistd.h>

namespace sluice::tools {
namespace {

/// What a format writes into a pipe.
std::string written(const std::string& format, std::string_view bytes) {
  int ends[2];
  EXPECT_EQ(pipe(ends), 0);
  line_writer out{ends[1]};
  record_formats().at(format)({lsn{7}, term{2}, timeline_id{1}, timestamp_ms{5}, payload{bytes}},
                              out);
  out.flush();
  ::close(ends[1]);
  std::string text(4096, '\0');
  auto got = ::read(ends[0], text.data(), text.size());
  ::close(ends[0]);
  text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return text;
}

TEST(record_format, writes_what_it_is_called) {
  EXPECT_EQ(written("lines", "ab"), "ab\n");
  EXPECT_EQ(written("raw", "ab"), "ab");
  EXPECT_EQ(written("hex", "a\n\xff"), "610aff\n");
  EXPECT_EQ(written("length-prefixed", "ab"), (std::string{"\x02\0\0\0ab", 6}));
  EXPECT_EQ(written("json", "any"),
            R"({"lsn":7,"term":2,"timeline":1,"timestamp_ms":5,"payload_base64":"YW55"})"
            "\n");
}

TEST(record_format, takes_empty_records) {
  EXPECT_EQ(written("lines", ""), "\n");
  EXPECT_EQ(written("raw", ""), "");
  EXPECT_NE(written("json", "").find(R"("payload_base64":"")"), std::string::npos);
}

TEST(line_writer, remembers_that_it_could_not_write) {
  line_writer out{-1};
  out.add("text");
  EXPECT_FALSE(out.failure());
  out.flush();
  EXPECT_TRUE(out.failure());
}

} // namespace
} // namespace sluice::tools
