// What a letter would have met had its sender's SPF record ended otherwise: judged again by the kept answers (post/evidence.h).
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include "post/evidence.h"

namespace posthorn::post {
namespace {

constexpr std::string_view forged = "From: boss@amber.test\r\nSubject: Pay\r\nDate: Mon, 23 Nov 2026 17:05:04 +0000\r\n\r\nAt once.\r\n";

// A stranger at 192.0.2.66 in the name of amber.test, whose SPF record is this.
boost::json::object evidence(const std::string& record) {
  return boost::json::parse(R"({"by":"mx.green.test","received_at":1795000000,"client":{"ip":"192.0.2.66"},"helo":"stranger.test","reverse_path":"boss@amber.test",
    "judgement":{"spf":{"domain":"amber.test","result":"softfail"}},
    "dns":[{"name":"amber.test","type":"TXT","outcome":"found","security":"insecure","ttl":60,"records":[")" +
                            record + R"("]},
           {"name":"_dmarc.amber.test","type":"TXT","outcome":"found","security":"insecure","ttl":60,"records":["v=DMARC1; p=reject"]},
           {"name":"_dmarc.test","type":"TXT","outcome":"no such name","security":"insecure","ttl":60,"records":[]},
           {"name":"stranger.test","type":"TXT","outcome":"no such name","security":"insecure","ttl":60,"records":[]}]})")
      .get_object();
}

TEST(Replay, the_end_of_the_spf_record_decides_between_refused_and_junk) {
  const auto kept = evidence("v=spf1 ip4:192.0.2.1 ~all");
  const auto hard = judge_with_ending(kept, forged, "-all"), soft = judge_with_ending(kept, forged, "~all"), none = judge_with_ending(kept, forged, "?all");
  ASSERT_TRUE(hard && soft && none);
  EXPECT_EQ(hard->spf.result, trust::spf::Result::fail);
  EXPECT_EQ(hard->disposition, trust::Disposition::reject) << hard->reason;
  EXPECT_EQ(soft->spf.result, trust::spf::Result::softfail);
  EXPECT_EQ(soft->disposition, trust::Disposition::quarantine) << soft->reason;
  EXPECT_EQ(none->spf.result, trust::spf::Result::neutral);
  EXPECT_EQ(none->disposition, trust::Disposition::quarantine) << none->reason;
}

TEST(Replay, nothing_is_said_of_a_record_without_an_end_or_without_answers) {
  for (const auto* record : {"v=spf1 ip4:192.0.2.1", "v=spf1 redirect=all.test", "no record", ""}) EXPECT_FALSE(judge_with_ending(evidence(record), forged, "-all")) << record;
  auto cut = evidence("v=spf1 -all");
  cut["dns"].as_array().pop_back();
  cut["dns"].as_array().pop_back();
  EXPECT_FALSE(judge_with_ending(cut, forged, "~all"));
  cut.erase("judgement");
  EXPECT_FALSE(judge_with_ending(cut, forged, "~all"));
}

}  // namespace
}  // namespace posthorn::post
