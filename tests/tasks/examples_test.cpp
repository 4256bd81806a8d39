#include "tasks/examples.h"

#include <gtest/gtest.h>

#include "tasks/task.h"
#include "tests/support/temporary_folder.h"

namespace noema {
namespace {

using test::message_of;
using test::TemporaryFolder;

constexpr const char* kArray = R"([
  {"question": "Is it?", "steps": ["a", "b"], "answer": "yes", "edges": [[0, 1]], "root": 1},
  {"answer": "no", "steps": [], "question": "Was it?"}
])";

TEST(Examples, ReadAnArrayAndKeepOtherFields) {
  const TemporaryFolder folder;
  const auto examples = read_examples(folder.file("a.json", kArray));
  ASSERT_EQ(examples.size(), 2u);
  EXPECT_EQ(examples[0].question, "Is it?");
  EXPECT_EQ(examples[0].steps, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(examples[0].answer, "yes");
  EXPECT_EQ(examples[0].extra, nlohmann::json::parse(R"({"edges": [[0, 1]], "root": 1})"));
  EXPECT_TRUE(examples[1].steps.empty());
  EXPECT_TRUE(examples[1].extra.empty());
}

TEST(Examples, ReadLinesWhateverTheirEnds) {
  const TemporaryFolder folder;
  const std::string line = R"({"question": "Is it?", "steps": ["a"], "answer": "yes"})";
  const auto examples = read_examples(folder.file("a.jsonl", line + "\r\n\n  " + line + "\n" + line));
  ASSERT_EQ(examples.size(), 3u);
  EXPECT_EQ(examples[2].answer, "yes");
}

TEST(Examples, ReadQuestionsWithoutStepsAndAnswersThatAreNumbers) {
  const TemporaryFolder folder;
  const auto examples = read_examples(folder.file(
      "a.jsonl", "{\"question\": \"2+3?\", \"answer\": 5}\n{\"question\": \"Is it?\", \"answer\": \"yes\"}"));
  ASSERT_EQ(examples.size(), 2u);
  EXPECT_EQ(examples[0].answer, "5");
  EXPECT_TRUE(examples[1].steps.empty());
  EXPECT_EQ(make_task("questions")->reasoning(examples[1]), std::vector<std::string>{"### yes"});
}

TEST(Examples, ReadTheOfficialFormOfGsm8k) {
  const TemporaryFolder folder;
  const auto examples = read_examples(folder.file(
      "a.jsonl", R"({"question": "How much?", "answer": "He has 2*600=$<<2*600=1200>>1200.\n\nSo #1.\n#### 1,200"})"));
  ASSERT_EQ(examples.size(), 1u);
  EXPECT_EQ(examples[0].steps, (std::vector<std::string>{"He has 2*600=$1200.", "So #1."}));
  EXPECT_EQ(examples[0].answer, "1200");
  EXPECT_EQ(make_task("gsm8k")->reasoning(examples[0]).back(), "1200");
}

TEST(Examples, StepsAreOneLineEach) {
  const TemporaryFolder folder;
  const auto examples =
      read_examples(folder.file("a.json", R"([{"question": "Q", "steps": ["a\nb\r\n", " ", ""], "answer": "c"}])"));
  EXPECT_EQ(examples.at(0).steps, std::vector<std::string>{"a b"});
}

TEST(Examples, SurviveWritingAndReading) {
  const TemporaryFolder folder;
  const auto examples = read_examples(folder.file("a.json", kArray));
  folder.file("b.json", to_text(examples));
  const std::string text = read_file(folder / "b.json");
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 4);
  EXPECT_EQ(text.find("[\n{\"question\":\"Is it?\",\"steps\":"), 0u);
  const auto again = read_examples(folder / "b.json");
  ASSERT_EQ(again.size(), 2u);
  EXPECT_EQ(again[0].steps, examples[0].steps);
  EXPECT_EQ(again[0].extra, examples[0].extra);
  EXPECT_EQ(again[1].question, examples[1].question);
  folder.file("none.json", to_text({}));
  EXPECT_TRUE(read_examples(folder / "none.json").empty());
}

TEST(Examples, AreReadOneByOneFromAFile) {
  const TemporaryFolder folder;
  const auto array =
      open_examples(folder.file("a.json", R"( [ {"question": "a ] , \" [ {", "steps": ["}\\"], "answer": "b"},
    {"question": "c", "steps": [], "answer": "d", "edges": [[0, 1], [1, 2]], "of": {"a": [{}]}} ] )"));
  ASSERT_EQ(array->size(), 2u);
  EXPECT_EQ(array->at(1).example.answer, "d");
  EXPECT_EQ(array->at(1).example.extra["edges"].size(), 2u);
  EXPECT_EQ(array->at(0).example.question, "a ] , \" [ {");
  EXPECT_EQ(array->at(0).example.steps, std::vector<std::string>{"}\\"});
  const std::string line = R"({"question": "e", "steps": [], "answer": "f"})";
  const auto lines = open_examples(folder.file("a.jsonl", "\n" + line + "\n\n" + line));
  ASSERT_EQ(lines->size(), 2u);
  EXPECT_EQ(lines->at(1).example.question, "e");
  EXPECT_EQ(open_examples(folder.file("none.json", "[ ]"))->size(), 0u);
}

struct Mistake {
  const char* content;
  const char* message;  ///< after the file's name
};

class ExamplesMistake : public ::testing::TestWithParam<Mistake> {};

TEST_P(ExamplesMistake, IsNamedWithItsPlace) {
  const TemporaryFolder folder;
  const auto file = folder.file("bad.json", GetParam().content);
  const std::string message = message_of([&] { read_examples(file); });
  EXPECT_EQ(message.substr(0, file.string().size() + std::string(GetParam().message).size()),
            file.string() + GetParam().message)
      << message;
}

INSTANTIATE_TEST_SUITE_P(
    All, ExamplesMistake,
    ::testing::Values(
        Mistake{"", ": expected examples"}, Mistake{"\n \n", ": expected examples"},
        Mistake{"[\n{\"question\": \"a\",,\n]", ", entry 1, line 1: expected JSON"},
        Mistake{"{\"question\": \"a\", \"steps\": [], \"answer\": \"b\"}\nnonsense", ", line 2, line 1: expected JSON"},
        Mistake{R"([{"question": "a", "steps": [], "answer": "b"}, {"question": "a", "steps": []}])",
                ", entry 2: expected a member \"answer\", found none"},
        Mistake{R"([{"question": 5, "steps": [], "answer": "b"}])", ", entry 1: question: expected a text, found 5"},
        Mistake{R"([{"question": " ", "steps": [], "answer": "b"}])", ", entry 1: question: expected a text"},
        Mistake{R"([{"question": "a", "steps": "x", "answer": "b"}])", ", entry 1: steps: expected a list of texts"},
        Mistake{R"([{"question": "a", "steps": ["x", 3], "answer": "b"}])",
                ", entry 1: steps: expected a list of texts"},
        Mistake{R"([{"question": "a", "answer": ["b"]}])",
                ", entry 1: answer: expected a text or a number, found array"},
        Mistake{"[1]", ", entry 1: expected a JSON object, found number"},
        Mistake{"\"text\"", ", line 1: expected a JSON object, found string"},
        Mistake{"[{\"question\": \"\xff\"}]", ", entry 1, line 1: expected JSON"},
        Mistake{R"([{"question": "a", "steps": [], "answer": "b"},])", ", entry 2, line 1: expected JSON"},
        Mistake{R"([{"question": "a", "steps": [], "answer": "b"},)", ", entry 2, line 1: expected JSON"},
        Mistake{R"([{"question": "a", "steps": [], "answer": "b"})", ": expected a list that ends with the file"},
        Mistake{R"([{"question": "a", "steps": [], "answer": "b"}}])", ", entry 1, line 1: expected JSON"},
        Mistake{R"([{"question": "a", "steps": [], "answer": "b"}] 7)", ": expected a list that ends with the file"},
        Mistake{R"([,{"question": "a", "steps": [], "answer": "b"}])", ", entry 1, line 1: expected JSON"},
        Mistake{R"([{"question": "a", "steps": [], "answer": "b"}][])", ": expected a list that ends with the file"},
        Mistake{R"([{"question": "a\)", ", entry 1, line 1: expected JSON"},
        Mistake{"[", ", entry 1, line 1: expected JSON"}));

TEST(Examples, MissingFileIsNamed) {
  EXPECT_NE(message_of([] { read_examples("no/such/file.json"); }).find("no/such/file.json"), std::string::npos);
}

}  // namespace
}  // namespace noema
