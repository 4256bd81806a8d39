#include "base/file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mapped_file.h"
#include "folder_test.h"

namespace noema {
namespace {

namespace fs = std::filesystem;

class File : public FolderTest {};

TEST_F(File, ReadsBackWhatWasWritten) {
  const std::string content("line\n\0binary\xff", 13);
  write_file(folder_ / "a" / "b" / "c.bin", content);
  EXPECT_EQ(read_file(folder_ / "a" / "b" / "c.bin"), content);
  write_file(folder_ / "a" / "b" / "c.bin", "");
  EXPECT_EQ(read_file(folder_ / "a" / "b" / "c.bin"), "");
}

TEST_F(File, ReadingSaysWhichFileAndWhy) {
  EXPECT_NE(message_of([&] { read_file(folder_ / "none"); }).find("none: expected a readable file"), std::string::npos);
  EXPECT_NE(message_of([&] { read_file(folder_); }).find("found a folder"), std::string::npos);
  write_file(folder_ / "long", std::string(11, 'x'));
  EXPECT_EQ(read_file(folder_ / "long", 11).size(), 11u);
  EXPECT_NE(message_of([&] { read_file(folder_ / "long", 10); }).find("at most 10 bytes"), std::string::npos);
}

TEST_F(File, AFileThatIsTooLargeIsNotReadUpToThere) {
  write_file(folder_ / "sparse", "");
  fs::resize_file(folder_ / "sparse", std::uintmax_t{1} << 40);
  EXPECT_NE(message_of([&] { read_file(folder_ / "sparse"); }).find("at most 4294967296 bytes"), std::string::npos);
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

}  // namespace
}  // namespace noema
