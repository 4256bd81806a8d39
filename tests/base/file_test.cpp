#include "base/file.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

#include "base/mapped_file.h"

namespace noema {
namespace {

namespace fs = std::filesystem;

class File : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / ("noema-file-test-" + std::string(6, 'X'))).string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::size_t files() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()));
  }

  fs::path folder_;
};

std::string message_of(const auto& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST_F(File, ReadsBackWhatWasWritten) {
  const std::string content("line\n\0binary\xff", 13);
  write_file(folder_ / "a" / "b" / "c.bin", content);
  EXPECT_EQ(read_file(folder_ / "a" / "b" / "c.bin"), content);
  write_file(folder_ / "a" / "b" / "c.bin", "");
  EXPECT_EQ(read_file(folder_ / "a" / "b" / "c.bin"), "");
}

TEST_F(File, LeavesNothingElseInTheFolder) {
  write_file(folder_ / "once", "1");
  write_file(folder_ / "once", "2");
  EXPECT_EQ(files(), 1u);
}

TEST_F(File, FailedWriteKeepsTheOldFileAndNothingElse) {
  write_file(folder_ / "kept", "old");
  // A limit on the size of files stands in for a full disk.
  rlimit before = {};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit small = before;
  small.rlim_cur = 1000;
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const std::string message = message_of([&] { write_file(folder_ / "kept", std::string(5000, 'x')); });
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  EXPECT_NE(message.find("kept: expected a file that can be written"), std::string::npos) << message;
  EXPECT_EQ(read_file(folder_ / "kept"), "old");
  EXPECT_EQ(files(), 1u);
}

TEST_F(File, RefusesToReplaceAFolder) {
  fs::create_directory(folder_ / "folder");
  EXPECT_THROW(write_file(folder_ / "folder", "x"), Error);
  EXPECT_EQ(files(), 1u);
}

TEST_F(File, ReadingSaysWhichFileAndWhy) {
  EXPECT_NE(message_of([&] { read_file(folder_ / "none"); }).find("none: expected a readable file"), std::string::npos);
  EXPECT_NE(message_of([&] { read_file(folder_); }).find("found a folder"), std::string::npos);
  write_file(folder_ / "long", std::string(11, 'x'));
  EXPECT_EQ(read_file(folder_ / "long", 11).size(), 11u);
  EXPECT_NE(message_of([&] { read_file(folder_ / "long", 10); }).find("at most 10 bytes"), std::string::npos);
}

TEST_F(File, NeitherWaitsForAPipeNorReadsADeviceWithoutEnd) {
  ASSERT_EQ(::mkfifo((folder_ / "pipe").c_str(), 0600), 0);
  fs::create_symlink("/dev/zero", folder_ / "zero");
  const auto expect_refused = [&](const char* name, const std::string& found) {
    const auto map = [&] { const MappedFile file(folder_ / name, "a readable file"); };
    EXPECT_NE(message_of([&] { read_file(folder_ / name); }).find(found), std::string::npos);
    EXPECT_NE(message_of([&] { sha256_file(folder_ / name); }).find(found), std::string::npos);
    EXPECT_NE(message_of(map).find(found), std::string::npos);
  };
  expect_refused("pipe", "expected a readable file, found a pipe");
  expect_refused("zero", "expected a readable file, found a device");
  EXPECT_THROW(append_file(folder_ / "pipe", "x"), Error);
}

TEST_F(File, LinksAreFollowedUnlessTheyAreRefused) {
  write_file(folder_ / "file", "content");
  fs::create_symlink(folder_ / "file", folder_ / "link");
  EXPECT_EQ(read_file(folder_ / "link"), "content");
  EXPECT_EQ(MappedFile(folder_ / "link", "a file").text(), "content");
  EXPECT_EQ(MappedFile(folder_ / "file", "a file", Links::refuse).text(), "content");
  EXPECT_NE(message_of([&] { const MappedFile file(folder_ / "link", "a file", Links::refuse); }).find("found a link"),
            std::string::npos);
}

TEST_F(File, AMappedFileStaysWhatItWasWhenAnotherTakesItsName) {
  write_file(folder_ / "file", "first");
  const MappedFile file(folder_ / "file", "a file");
  write_file(folder_ / "file", "other");
  EXPECT_EQ(file.text(), "first");
}

TEST_F(File, DigestsAsTheStandardSays) {
  EXPECT_EQ(sha256(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  const std::string large(3000000, 'a');
  write_file(folder_ / "large", large);
  EXPECT_EQ(sha256_file(folder_ / "large"), sha256(large));
}

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
