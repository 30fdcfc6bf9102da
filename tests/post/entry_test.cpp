// The stored form of a queued message.
#include "post/queue/entry.h"

#include <gtest/gtest.h>

#include "base/codec.h"
#include "crypto/bytes.h"

namespace posthorn::post {
namespace {

Entry full() {
  Entry e;
  e.id = QueueId{0x0123456789abcdef};
  e.from.reverse_path = {"al ice", "blue.test"};
  e.from.size = 1u << 31;
  e.from.body = smtp::Body::binary_mime;
  e.from.smtputf8 = true;
  e.from.ret = smtp::Ret::headers;
  e.from.envid = "QQ 314159";
  e.login = "alice@blue.test";
  e.arrived = WallTime(std::chrono::milliseconds(1'795'450'000'123));
  e.expires = e.arrived + std::chrono::hours(120);
  e.due = WallTime(std::chrono::milliseconds(-5));
  for (std::size_t i = 0; i < e.blob.bytes.size(); ++i) e.blob.bytes[i] = static_cast<std::uint8_t>(i * 17);
  e.wrapped_key = std::string("k\0y", 3);
  e.size = 4096;
  e.held = true;
  e.held_because = "because";
  e.begun = 2;
  e.rounds = 7;
  e.in_doubt = true;
  for (const auto state : {RecipientState::waiting, RecipientState::delivered, RecipientState::relayed, RecipientState::failed}) {
    QueuedRecipient r;
    r.to.recipient = {"bob", "green.test"};
    r.to.notify = {true, false, true, false, true};
    r.to.orcpt_type = "rfc822";
    r.to.orcpt = "robert@green.test";
    r.state = state;
    r.attempts = 3;
    r.code = 451;
    r.enhanced = "4.7.1";
    r.text = "line one\nline two";
    r.remote = "mx [192.0.2.1]";
    r.reported = true;
    r.warned = state == RecipientState::failed;
    e.recipients.push_back(r);
  }
  e.evidence = R"({"version":1})";
  e.waited = std::chrono::hours(7);
  e.counted = e.arrived + std::chrono::hours(7);
  e.counted_steady = SteadyTime(std::chrono::hours(30));
  e.tried = {Tried{e.arrived, "bob@green.test", "mx [192.0.2.1]", "TLSv1.3", 451, "4.7.1 later"}, Tried{}};
  return e;
}

// faults.md 9: the time that really passed, whatever one of the clocks says.
TEST(Entry, CountsOnlyTheTimeThatBothClocksSaw) {
  using std::chrono::hours;
  struct Row { const char* name; hours wall, steady; hours counted; };
  const WallTime start{std::chrono::hours(490'000)};
  const SteadyTime boot{hours(100)};
  for (const auto& row : {Row{"both went on", hours(2), hours(2), hours(2)}, Row{"wall clock ten years ahead", hours(87'600), hours(2), hours(2)},
                          Row{"wall clock ten years behind", hours(-87'600), hours(2), hours(0)}, Row{"wall clock an hour behind", hours(1), hours(2), hours(1)},
                          Row{"three hours after a restart of the machine", hours(60), hours(3 - 100), hours(3)},
                          Row{"moved to a machine that runs for a year", hours(2), hours(8760), hours(2)}}) {
    Entry e;
    count_time(e, start, boot);
    EXPECT_EQ(e.waited, Duration{}) << row.name;
    count_time(e, start + row.wall, boot + row.steady);
    EXPECT_EQ(e.waited, row.counted) << row.name;
    count_time(e, start + row.wall + hours(1), boot + row.steady + hours(1));
    EXPECT_EQ(e.waited, row.counted + hours(1)) << row.name << ", then an hour in which all is well";
  }
}

TEST(Entry, ComesBackAsItWas) {
  for (const auto& entry : {full(), Entry{}}) {
    const auto bytes = encode(entry);
    const auto back = decode_entry(bytes);
    ASSERT_TRUE(back) << back.error().text();
    EXPECT_EQ(encode(*back), bytes);
  }
  const auto back = decode_entry(encode(full()));
  EXPECT_EQ(back->from.reverse_path, full().from.reverse_path);
  EXPECT_EQ(back->from.ret, smtp::Ret::headers);
  EXPECT_EQ(back->due, full().due);
  EXPECT_EQ(back->blob, full().blob);
  ASSERT_EQ(back->recipients.size(), 4u);
  EXPECT_EQ(back->recipients[3].state, RecipientState::failed);
  EXPECT_TRUE(back->recipients[3].warned);
  EXPECT_FALSE(back->recipients[2].warned);
  EXPECT_TRUE(back->recipients[0].to.notify.success);
  EXPECT_EQ(back->recipients[0].text, "line one\nline two");
  EXPECT_FALSE(back->done());
  EXPECT_EQ(back->evidence, full().evidence);
  ASSERT_EQ(back->tried.size(), 2u);
  EXPECT_EQ(back->tried[0].answer, "4.7.1 later");
}

TEST(Entry, OfTheVersionsBeforeIsStillRead) {
  const auto as_written_by = [](const Entry& entry, char version, std::size_t less) {
    auto old = encode(entry);
    old.resize(old.size() - 8 - less);  // the checksum and what came later
    old[0] = version;
    return old + Encoder().u64(crypto::xxh3(old)).take();
  };
  // Version 3 brought three times, version 4 the submission of JMAP.
  const auto times = Encoder().i64(0).i64(0).i64(0).take().size() + Encoder().u64(0).u64(0).take().size();
  auto entry = full();
  entry.waited = {};
  entry.counted = {};
  entry.counted_steady = {};
  auto back = decode_entry(as_written_by(entry, 2, times));
  ASSERT_TRUE(back) << back.error().text();
  EXPECT_EQ(encode(*back), encode(entry));
  entry.evidence.clear();
  entry.tried.clear();
  back = decode_entry(as_written_by(entry, 1, times + Encoder().string("").u32(0).take().size()));
  ASSERT_TRUE(back) << back.error().text();
  EXPECT_EQ(encode(*back), encode(entry));
}

TEST(Entry, IsRefusedIfAnyBitChanged) {
  const auto bytes = encode(full());
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    auto bad = bytes;
    bad[bit / 8] = static_cast<char>(static_cast<unsigned char>(bad[bit / 8]) ^ (1u << (bit % 8)));
    const auto got = decode_entry(bad);
    ASSERT_FALSE(got) << "bit " << bit;
    EXPECT_EQ(got.error().code, Errc::corrupt);
  }
}

TEST(Entry, IsRefusedIfCutOrLonger) {
  const auto bytes = encode(full());
  for (std::size_t size = 0; size < bytes.size(); ++size) ASSERT_FALSE(decode_entry(bytes.substr(0, size))) << size;
  EXPECT_FALSE(decode_entry(bytes + "x"));
  EXPECT_FALSE(decode_entry(std::string(100, '\0')));
}

TEST(QueueId, ReadsBackWhatItShows) {
  for (const auto id : {QueueId{0}, QueueId{1}, QueueId{0x0123456789abcdef}, QueueId{~0ull}}) EXPECT_EQ(parse_queue_id(text_of(id)), id);
  for (const auto* bad : {"", "1", "0123456789abcde", "0123456789abcdefa", "0123456789abcdeg"}) EXPECT_FALSE(parse_queue_id(bad)) << bad;
}

}  // namespace
}  // namespace posthorn::post
