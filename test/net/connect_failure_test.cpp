#include "net/connect_failure.hpp"

#include <sluice/errc.hpp>

#include <caf/sec.hpp>

#include <gtest/gtest.h>

namespace {

using namespace sluice;

TEST(connect_failure, says_what_to_look_at_and_names_nothing_of_caf) {
  for (auto code : {caf::sec::request_timeout, caf::sec::connection_timeout,
                    caf::sec::cannot_connect_to_node, caf::sec::disconnect_during_handshake}) {
    auto text = net::connect_failure(caf::make_error(code));
    EXPECT_NE(text.find("; check the address, and that the node runs"), std::string::npos) << text;
    EXPECT_EQ(text.find("sec"), std::string::npos) << text;
  }
}

TEST(connect_failure, tells_a_service_that_is_no_node) {
  EXPECT_EQ(net::connect_failure(caf::make_error(caf::sec::malformed_basp_message)),
            "what answers there is no sluice node; check the address");
}

TEST(connect_failure, leaves_other_errors_as_they_are) {
  EXPECT_EQ(net::connect_failure(make_error(errc::closed, "x")), "closed: x");
}

} // namespace
