#include "tasks/documents.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "tasks/prose.h"
#include "tests/support/temporary_folder.h"

namespace noema {
namespace {

std::vector<Document> cut(const std::filesystem::path& path, const DocumentOptions& options,
                          DocumentCounts* counts = nullptr) {
  std::vector<Document> documents;
  const DocumentCounts found =
      cut_documents(path, options, [&](const Document& document) { documents.push_back(document); });
  if (counts) *counts = found;
  return documents;
}

TEST(Documents, EndWithTheirChaptersAndAreAboutEquallyLong) {
  const test::TemporaryFolder folder;
  std::string text = "One. Two.\nThree!\n\n  Alone.\n\n";
  for (int i = 0; i < 7; ++i) text += "Mr. Fox ran " + std::to_string(i) + " miles.\n";
  DocumentCounts counts;
  const auto documents = cut(folder.file("a.txt", text), {.longest = 3}, &counts);
  ASSERT_EQ(documents.size(), 4u);
  EXPECT_EQ(documents[0].sentences, (std::vector<std::string>{"One.", "Two.", "Three!"}));
  EXPECT_EQ(documents[1].sentences, (std::vector<std::string>{"Mr. Fox ran 0 miles.", "Mr. Fox ran 1 miles."}));
  EXPECT_EQ(documents[2].sentences.size(), 2u);
  EXPECT_EQ(documents[3].sentences.size(), 3u);
  EXPECT_EQ(documents[3].title, "a.txt");
  EXPECT_EQ(counts.chapters, 3u);
  EXPECT_EQ(counts.left_out, 1u);
  EXPECT_EQ(counts.sentences, 10u);
}

TEST(Documents, ParagraphsMayBeBlocksOfLines) {
  const test::TemporaryFolder folder;
  const std::string path = folder.file("a.txt", "The fox\nran home. It\nslept.\n\nThe hen woke.\n");
  const auto documents = cut(path, {.lines_are_paragraphs = false});
  ASSERT_EQ(documents.size(), 1u);
  EXPECT_EQ(documents[0].sentences, (std::vector<std::string>{"The fox ran home.", "It slept.", "The hen woke."}));
}

TEST(Documents, TooLongSentencesAreCut) {
  const test::TemporaryFolder folder;
  std::string sentence = "He said";
  for (int i = 0; i < 200; ++i) sentence += " and then, " + std::to_string(i);
  const auto documents = cut(folder.file("a.txt", sentence + "."), {.longest = 100, .prose = {.max_length = 60}});
  ASSERT_EQ(documents.size(), 1u);
  for (const std::string& part : documents[0].sentences) EXPECT_LE(part.size(), 60u);
}

TEST(Documents, WhatIsNoTextIsRefused) {
  const test::TemporaryFolder folder;
  const auto complaint = [&](const std::filesystem::path& path, const DocumentOptions& options = {}) {
    try {
      cut(path, options);
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("none");
  };
  const std::string latin = folder.file("latin.txt", "Caf\xe9 is nice. It is.");
  EXPECT_NE(complaint(latin).find("latin.txt"), std::string::npos);
  EXPECT_NE(complaint(latin).find("3"), std::string::npos) << "the offset";
  const test::TemporaryFolder empty;
  empty.file("a.md", "No text. At all.");
  EXPECT_NE(complaint(std::filesystem::path(empty.file("b.md", "")).parent_path()).find(".txt"), std::string::npos);
  EXPECT_NE(complaint(folder.file("a.txt", "One. Two."), {.longest = 1}).find("at least 2"), std::string::npos);
}

TEST(Prose, ADocumentIsItsFirstSentenceAndWhatFollows) {
  const auto task = make_task("prose");
  const Example example = example_of({"fox.txt", {"One.", "Two.", "Three."}});
  EXPECT_EQ(example.question, "One.");
  EXPECT_EQ(task->reasoning(example), (std::vector<std::string>{"Two.", "Three."}));
  EXPECT_FALSE(task->answer_in("Three."));
  EXPECT_TRUE(task->is_open_ended());
  EXPECT_THROW(example_of({"fox.txt", {"One."}}), Error);
}

}  // namespace
}  // namespace noema
