#include "base/output_folder.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "folder_test.h"

namespace noema {
namespace {

namespace fs = std::filesystem;

class OutputFolder : public FolderTest {
 protected:
  /// Writes "a" and "b", or throws between the two.
  void write(const std::string& content, bool fails = false) const {
    write_folder(folder_ / "out", [&](const fs::path& fresh) {
      write_file(fresh / "a", content);
      if (fails) throw Error({"out", "luck", "none", ""});
      write_file(fresh / "b", content);
    });
  }
};

TEST_F(OutputFolder, IsMadeAndReplacedAsAWhole) {
  write("first");
  EXPECT_EQ(read_file(folder_ / "out" / "b"), "first");
  write_file(folder_ / "out" / "old", "");
  fs::permissions(folder_ / "out", fs::perms::owner_all);
  write("second");
  EXPECT_EQ(read_file(folder_ / "out" / "a"), "second");
  EXPECT_FALSE(fs::exists(folder_ / "out" / "old"));
  EXPECT_EQ(fs::status(folder_ / "out").permissions(), fs::perms::owner_all);
  EXPECT_EQ(files(), 1u);
}

TEST_F(OutputFolder, AFailureLeavesItAsItWas) {
  EXPECT_THROW(write("first", true), Error);
  EXPECT_EQ(files(), 0u);
  write("first");
  EXPECT_THROW(write("second", true), Error);
  EXPECT_EQ(read_file(folder_ / "out" / "a"), "first");
  EXPECT_EQ(read_file(folder_ / "out" / "b"), "first");
  EXPECT_EQ(files(), 1u);
}

TEST_F(OutputFolder, AProcessThatDiesLeavesItAsItWasAndTheNextClearsUp) {
  write("first");
  const pid_t child = ::fork();
  if (child == 0) {
    write_folder(folder_ / "out", [](const fs::path& fresh) {
      write_file(fresh / "a", "second");
      ::_exit(0);
    });
  }
  ::waitpid(child, nullptr, 0);
  EXPECT_EQ(read_file(folder_ / "out" / "a"), "first");
  EXPECT_EQ(files(), 2u);
  write("third");
  EXPECT_EQ(read_file(folder_ / "out" / "a"), "third");
  EXPECT_EQ(files(), 1u);
}

TEST_F(OutputFolder, LinksToItAreFollowed) {
  fs::create_directories(folder_ / "far" / "away");
  fs::create_symlink("far/away", folder_ / "out");
  write("content");
  EXPECT_TRUE(fs::is_symlink(folder_ / "out"));
  EXPECT_EQ(read_file(folder_ / "far" / "away" / "a"), "content");
}

TEST_F(OutputFolder, DoesNotReplaceAFile) {
  write_file(folder_ / "out", "a file");
  EXPECT_THROW(write("x"), Error);
  EXPECT_EQ(read_file(folder_ / "out"), "a file");
}

TEST_F(OutputFolder, WithAnythingElseInItIsRefused) {
  const auto check = [&] {
    return message_of([&] {
      check_output_folder(folder_ / "out", "two letters", [](const std::string& name) { return name == "a"; });
    });
  };
  EXPECT_EQ(check(), "no error") << "there is none yet";
  fs::create_directory(folder_ / "out");
  write_file(folder_ / "out" / "a", "");
  write_file(folder_ / "out" / ".noema-0123456789abcdef.tmp", "");
  EXPECT_EQ(check(), "no error");
  write_file(folder_ / "out" / "thesis.tex", "");
  EXPECT_NE(check().find("holds two letters alone, found \"thesis.tex\" in it"), std::string::npos) << check();
}

TEST_F(OutputFolder, HasOneWriterAtATimeAndADeadOneIsNone) {
  int ready[2], end[2];
  ASSERT_EQ(::pipe(ready), 0);
  ASSERT_EQ(::pipe(end), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const FolderLock lock(folder_ / "new" / "out");
    char byte = '!';
    if (::write(ready[1], &byte, 1) == 1 && ::read(end[0], &byte, 1) == 1) ::_exit(0);
    ::_exit(1);
  }
  char byte = '!';
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  const std::string message = message_of([&] { FolderLock(folder_ / "new" / "out"); });
  EXPECT_NE(message.find("no other process is writing to"), std::string::npos) << message;
  ASSERT_EQ(::write(end[1], &byte, 1), 1);
  ::waitpid(child, nullptr, 0);
  EXPECT_EQ(message_of([&] { FolderLock(folder_ / "new" / "out"); }), "no error");
}

}  // namespace
}  // namespace noema
