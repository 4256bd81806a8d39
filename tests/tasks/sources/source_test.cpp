// What holds for sources of anything, shown with documents.

#include "tasks/sources/source.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "tasks/document.h"
#include "tests/support/temporary_folder.h"

namespace noema {
namespace {

using test::message_of;

/// So many documents, called "a0", "a1" and so on: read when asked for, as a folder of texts would be.
class Shelf final : public List<Document> {
 public:
  Shelf(std::string name, std::size_t count) : name_(std::move(name)), count_(count) {}
  std::size_t size() const override { return count_; }
  Document at(std::size_t place) const override {
    return {name_ + std::to_string(place), {"It is number " + std::to_string(place) + ".", "That is all."}};
  }

 private:
  std::string name_;
  std::size_t count_;
};

SourcePtr<Document> shelf(const std::string& name, std::size_t count) {
  return std::make_shared<ListedSource<Document>>(std::make_shared<Shelf>(name, count), 3);
}

SourcePtr<Document> mixed(std::vector<SourcePtr<Document>> sources, const std::vector<double>& weights) {
  return std::make_shared<Mixture<Document>>(std::move(sources), weights, 9);
}

std::vector<std::string> titles(const Source<Document>& source, std::uint64_t first, std::uint64_t count) {
  std::vector<std::string> titles;
  for (std::uint64_t i = first; i < first + count; ++i) titles.push_back(source.get(i).title);
  return titles;
}

using Titles = std::vector<std::string>;

TEST(Source, AListComesInItsOrderAndThenInOthers) {
  const auto source = shelf("a", 20);
  const Titles first = titles(*source, 0, 20), second = titles(*source, 20, 20), third = titles(*source, 40, 20);
  EXPECT_EQ(first.front(), "a0");
  EXPECT_EQ(first.back(), "a19");
  EXPECT_NE(second, first);
  EXPECT_NE(third, second);
  for (const Titles& round : {second, third}) {
    EXPECT_EQ(std::set<std::string>(round.begin(), round.end()).size(), 20u) << "each once a round";
  }
  EXPECT_EQ(titles(*source, 20, 20), second) << "whatever was asked for before";
  EXPECT_EQ(source->get(7).sentences, (std::vector<std::string>{"It is number 7.", "That is all."}));
}

TEST(Source, AnEmptyListIsAnError) { EXPECT_THROW(shelf("a", 0), Error); }

TEST(Source, AnOffsetGoesPastTheFirst) {
  const auto source = shelf("a", 20);
  EXPECT_EQ(titles(OffsetSource(source, 15), 0, 10), titles(*source, 15, 10));
}

TEST(Source, ASubsetKeepsTheOrder) {
  const std::shared_ptr<const List<Document>> all = std::make_shared<Shelf>("a", 20);
  const auto ends_with_5 = [](const Document& document) { return document.title.ends_with('5'); };
  const auto some = std::make_shared<Subset<Document>>(all, ends_with_5);
  EXPECT_EQ(titles(ListedSource<Document>(some, 3), 0, 2), (Titles{"a5", "a15"}));
  EXPECT_EQ(some->size(), 2u);
}

TEST(Source, AMixtureHasItsSharesAndLeavesNothingOut) {
  const auto mixture = mixed({shelf("a", 5000), shelf("b", 5000), shelf("c", 5000)}, {6, 1, 1});
  std::map<char, Titles> found;
  const Titles all = titles(*mixture, 0, 4096);
  for (const std::string& title : all) found[title.front()].push_back(title);
  EXPECT_EQ(found['a'], titles(*shelf("a", 5000), 0, 3072));
  EXPECT_EQ(found['b'], titles(*shelf("b", 5000), 0, 512));
  EXPECT_EQ(found['c'], titles(*shelf("c", 5000), 0, 512));
  EXPECT_EQ(titles(*mixture, 2000, 50), Titles(all.begin() + 2000, all.begin() + 2050)) << "in whatever order asked";
  const Titles beginning(all.begin(), all.begin() + 128);
  EXPECT_GT(std::count_if(beginning.begin(), beginning.end(), [](const auto& title) { return title[0] != 'a'; }), 10)
      << "mixed from the beginning";
}

TEST(Source, AMixtureWithoutAShareForEachIsAnError) {
  const auto mix = [](std::vector<double> weights) {
    return message_of([&] { mixed({shelf("a", 5), shelf("b", 5)}, weights); });
  };
  EXPECT_EQ(mix({1, 2}), "no error");
  EXPECT_NE(mix({1, 0}).find("weight above 0"), std::string::npos);
  EXPECT_NE(mix({-1, 2}).find("weight above 0"), std::string::npos);
  EXPECT_NE(mix({1, std::nan("")}).find("weight above 0"), std::string::npos);
  EXPECT_NE(mix({1, INFINITY}).find("weight above 0"), std::string::npos);
  EXPECT_NE(mix({1, 1e-6}).find("at least one of 1024"), std::string::npos);
  EXPECT_NE(mix({1}).find("as many weights"), std::string::npos);
  EXPECT_NE(mix({}).find("for each source"), std::string::npos);
}

TEST(Source, ComposesAsItIsAskedTo) {
  const auto all = mixed({std::make_shared<OffsetSource<Document>>(shelf("a", 50), 10), shelf("b", 50)}, {1, 1});
  std::set<std::string> found;
  for (const std::string& title : titles(*all, 0, 40)) found.insert(title);
  EXPECT_FALSE(found.contains("a9"));
  EXPECT_TRUE(found.contains("a10"));
  EXPECT_TRUE(found.contains("b0"));
}

}  // namespace
}  // namespace noema
