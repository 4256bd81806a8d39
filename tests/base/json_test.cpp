#include "base/json.h"

#include <gtest/gtest.h>

#include "folder_test.h"

namespace noema {
namespace {

TEST(Json, GivesTheLineOfAMistake) {
  const std::string message = message_of([] { parse_json("{\n\"a\": 1,\n\"b\": ]\n}", "x.json"); });
  EXPECT_EQ(message.find("x.json, line 3: expected JSON"), 0u) << message;
  EXPECT_EQ(message_of([] { parse_json("", "x.json"); }).find("x.json, line 1"), 0u);
}

TEST(Json, SurvivesHostileText) {
  EXPECT_THROW(parse_json(std::string(1000000, '['), "x"), Error);
  EXPECT_THROW(parse_json(std::string(1000, '[') + std::string(1000, ']'), "x"), Error);
  EXPECT_THROW(parse_json("1e999", "x"), Error);
  EXPECT_THROW(parse_json("\"\xff\"", "x"), Error);
  EXPECT_THROW(parse_json("{} {}", "x"), Error);
  EXPECT_THROW(parse_json(std::string_view("{}\0more", 7), "x"), Error) << "what comes after a NUL is not nothing";
}

TEST(Json, KeepsEveryKindOfValue) {
  const std::string text = R"({"a":[1,-2,0.5,"t",true,null,{},[],{"b":[[3]]}],"c":{"d":"e"},"f":18446744073709551615})";
  EXPECT_EQ(parse_json(text, "x").dump(), text);
  EXPECT_EQ(parse_json("7", "x"), 7);
}

TEST(Json, AKeyTwiceInAnObjectIsAMistake) {
  EXPECT_EQ(message_of([] { parse_json(R"({"a": 1, "b": {"a": 2}, "a": 3})", "x.json"); }),
            "x.json: expected each key once in an object, found \"a\" again; correct the file");
}

TEST(Json, ALongListIsReadInLinearTime) {
  // Looking through the list after each of its elements would take minutes.
  const std::size_t count = 1'000'000;
  std::string text = "[{}";
  for (std::size_t i = 1; i < count; ++i) text += ",{}";
  EXPECT_EQ(parse_json(text + "]", "x").size(), count);
}

TEST(Json, MembersHaveTheirType) {
  const nlohmann::json object = parse_json(R"({"n": 5, "x": 1.5, "t": "a", "b": true, "big": 1e300, "neg": -1})", "x");
  EXPECT_EQ(json_member<int>(object, "n", "x"), 5);
  EXPECT_EQ(json_member<double>(object, "n", "x"), 5.0);
  EXPECT_EQ(json_member<double>(object, "x", "x"), 1.5);
  EXPECT_EQ(json_member<std::string>(object, "t", "x"), "a");
  EXPECT_TRUE(json_member<bool>(object, "b", "x"));
  EXPECT_EQ(json_member<nlohmann::json>(object, "x", "x"), 1.5);
  EXPECT_EQ(message_of([&] { json_member<int>(object, "x", "file"); }),
            "file: x: expected a whole number in range, found 1.5");
  EXPECT_EQ(message_of([&] { json_member<int>(object, "none", "file"); }),
            "file: expected a member \"none\", found none");
}

TEST(Json, MembersOutOfRangeAreRefused) {
  const nlohmann::json object = parse_json(R"({"big": 1e300, "neg": -1, "n": 300, "huge": 18446744073709551615})", "x");
  EXPECT_THROW(json_member<float>(object, "big", "x"), Error);
  EXPECT_THROW(json_member<std::uint64_t>(object, "neg", "x"), Error);
  EXPECT_THROW(json_member<std::uint8_t>(object, "n", "x"), Error);
  EXPECT_THROW(json_member<std::int64_t>(object, "huge", "x"), Error);
  EXPECT_EQ(json_member<std::uint64_t>(object, "huge", "x"), 18446744073709551615ull);
  EXPECT_THROW(json_member<bool>(object, "n", "x"), Error);
  EXPECT_THROW(json_member<int>(nlohmann::json::array(), "n", "x"), Error);
}

}  // namespace
}  // namespace noema
