#include "base/fields.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/kinds.h"

namespace noema {
namespace {

struct Inner {
  std::int64_t depth = 2;
  void fields(Fields& fields) { fields.add("depth", depth, {1, 9}, "how deep"); }
  void check(const std::string& where) const {
    if (depth == 7) throw Error({where + ": depth", "anything but 7", "7", ""});
  }
};

class Shape : public Kind {
 public:
  virtual std::unique_ptr<Shape> clone() const = 0;
};

class Round final : public KindOf<Round, Shape> {
 public:
  std::string name() const override { return "round"; }
  std::string summary() const override { return "a circle"; }
  void fields(Fields& fields) override { fields.add("radius", radius, {0.0, 10.0}, "of the circle"); }
  double radius = 1.0;
};

class Square final : public KindOf<Square, Shape> {
 public:
  std::string name() const override { return "square"; }
  std::string summary() const override { return "four sides"; }
  void fields(Fields& fields) override {
    fields.add("side", side, {0.0, 10.0}, "of the square");
    if (fields.purpose() == Fields::Purpose::recipe) fields.add("paint", paint, "while it is made");
  }
  double side = 2.0;
  bool paint = false;
};

KindList<Shape> shapes() {
  KindList<Shape> kinds;
  kinds.add(std::make_unique<Round>());
  kinds.add(std::make_unique<Square>());
  return kinds;
}

struct Options {
  enum class Colour { red, blue };

  bool flag = true;
  std::int64_t count = 3;
  double share = 0.5;
  std::string text = "a";
  std::vector<std::string> list = {"x"};
  Colour colour = Colour::red;
  Inner inner;
  Choice<Shape> shape{shapes(), "round"};

  void fields(Fields& fields) {
    fields.add("flag", flag, "a flag");
    fields.add("count", count, {0, 64}, "a count");
    fields.add("share", share, {0.0, 1.0}, "a share");
    fields.add("text", text, "a text");
    fields.add("list", list, "a list");
    fields.add("colour", colour, {{"red", Colour::red}, {"blue", Colour::blue}}, "a colour");
    add_object(fields, "inner", inner, "an object");
    add_choice(fields, "shape", shape, "a shape");
  }
};

std::string complaint(const nlohmann::json& json) {
  try {
    from_json<Options>(json, "file.json");
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

nlohmann::json changed(const char* key, const nlohmann::json& value) {
  nlohmann::json json = to_json(Options());
  json[key] = value;
  return json;
}

TEST(Fields, GoThroughJson) {
  const nlohmann::json json = {{"flag", false},      {"count", 7},       {"share", 0.25},     {"text", "b"},
                               {"list", {"p", "q"}}, {"colour", "blue"}, {"shape", "square"}, {"inner", {{"depth", 5}}},
                               {"side", 4.0}};
  const auto options = from_json<Options>(json, "file.json");
  EXPECT_EQ(options.colour, Options::Colour::blue);
  EXPECT_EQ(options.inner.depth, 5);
  EXPECT_EQ(dynamic_cast<const Square&>(*options.shape).side, 4.0);
  EXPECT_EQ(to_json(options), json);
}

TEST(Fields, RefuseWhatIsMissingMistypedOutOfRangeOrUnknown) {
  const nlohmann::json whole = to_json(Options());
  for (const auto& [key, value] : whole.items()) {
    nlohmann::json without = whole;
    without.erase(key);
    if (key != "radius") EXPECT_NE(complaint(without).find("\"" + key + "\""), std::string::npos) << complaint(without);
    EXPECT_NE(complaint(changed(key.c_str(), nullptr)).find("file.json: " + key), std::string::npos) << key;
  }
  EXPECT_NE(complaint(changed("count", 65)).find("a whole number from 0 to 64, found 65"), std::string::npos);
  EXPECT_NE(complaint(changed("count", 1.5)).find("a whole number"), std::string::npos);
  EXPECT_NE(complaint(changed("colour", "green")).find("one of \"red\", \"blue\""), std::string::npos);
  EXPECT_NE(complaint(changed("list", {1})).find("a list of texts"), std::string::npos);
  EXPECT_NE(complaint(changed("cuont", 1)).find("did you mean \"count\"?"), std::string::npos);
}

TEST(Fields, SayWhereAMistakeWithinAMemberStands) {
  EXPECT_NE(complaint(changed("inner", {{"depth", 10}})).find("file.json: inner: depth"), std::string::npos);
  EXPECT_NE(complaint(changed("inner", {{"depth", 7}})).find("file.json: inner: depth"), std::string::npos);
}

TEST(Fields, OfOneChoiceAreUnknownToAnother) {
  EXPECT_NE(complaint(changed("side", 1.0)).find("it belongs to shape = \"square\""), std::string::npos)
      << complaint(changed("side", 1.0));
}

TEST(Fields, OfTrainingAreInRecipesOnly) {
  Options options;
  options.shape.choose("square");
  EXPECT_FALSE(to_json(options).contains("paint"));
  Fields fields(Fields::Purpose::recipe);
  options.fields(fields);
  EXPECT_TRUE(write_fields(fields).contains("paint"));
}

TEST(Fields, LinesTellDifferentOptionsApart) {
  const auto lines = [](Options options) {
    Fields fields;
    options.fields(fields);
    return field_lines(fields, "table.");
  };
  Options other;
  other.inner.depth = 3;
  EXPECT_NE(lines(Options()), lines(other));
  EXPECT_EQ(lines(Options()), lines(Options()));
  EXPECT_NE(lines(Options()).find("table.count = 3\n"), std::string::npos);
}

TEST(Choice, CopiesHaveOptionsOfTheirOwn) {
  Options one;
  Options other = one;
  dynamic_cast<Round&>(*other.shape).radius = 5.0;
  EXPECT_EQ(dynamic_cast<Round&>(*one.shape).radius, 1.0);
  EXPECT_THROW(Choice<Shape>(shapes(), "sqare"), Error);
}

}  // namespace
}  // namespace noema
