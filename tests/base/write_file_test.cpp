// How files are written: whole or not at all, and nothing else is touched.

#include <fcntl.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <csignal>
#include <thread>

#include "base/file.h"
#include "base/temporary.h"
#include "folder_test.h"

namespace noema {
namespace {

namespace fs = std::filesystem;

class WriteFile : public FolderTest {
 protected:
  mode_t mode(const char* name) const {
    struct stat status = {};
    EXPECT_EQ(::lstat((folder_ / name).c_str(), &status), 0);
    return status.st_mode;
  }
};

/// A limit on the size of files stands in for a full disk.
class SmallFiles {
 public:
  explicit SmallFiles(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit small = {bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &small);
  }
  SmallFiles(const SmallFiles&) = delete;
  SmallFiles& operator=(const SmallFiles&) = delete;
  ~SmallFiles() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  sighandler_t handler_;
  rlimit before_ = {};
};

TEST_F(WriteFile, LeavesNothingElseInTheFolder) {
  write_file(folder_ / "once", "1");
  write_file(folder_ / "once", "2");
  EXPECT_EQ(files(), 1u);
}

TEST_F(WriteFile, AFailureKeepsTheOldFileAndNothingElse) {
  write_file(folder_ / "kept", "old");
  const std::string message = [&] {
    const SmallFiles limit(1000);
    return message_of([&] { write_file(folder_ / "kept", std::string(5000, 'x')); });
  }();
  EXPECT_NE(message.find("kept: expected a file that can be written"), std::string::npos) << message;
  EXPECT_EQ(read_file(folder_ / "kept"), "old");
  EXPECT_EQ(files(), 1u);
}

TEST_F(WriteFile, AFailedAppendKeepsTheFileAsItWas) {
  append_file(folder_ / "lines", "one\n");
  {
    const SmallFiles limit(1000);
    EXPECT_THROW(append_file(folder_ / "lines", std::string(5000, 'x')), Error);
  }
  EXPECT_EQ(read_file(folder_ / "lines"), "one\n");
}

TEST_F(WriteFile, ATornLineIsCutOff) {
  for (const char* whole : {"", "one\n", "one\ntwo\n"}) {
    write_file(folder_ / "lines", std::string(whole) + "{\"ste");
    cut_torn_line(folder_ / "lines");
    EXPECT_EQ(read_file(folder_ / "lines"), whole);
    cut_torn_line(folder_ / "lines");
    EXPECT_EQ(read_file(folder_ / "lines"), whole);
  }
  cut_torn_line(folder_ / "none");
}

TEST_F(WriteFile, RefusesToReplaceAFolder) {
  fs::create_directory(folder_ / "folder");
  EXPECT_THROW(write_file(folder_ / "folder", "x"), Error);
  EXPECT_EQ(files(), 1u);
}

TEST_F(WriteFile, DevicesAreWrittenThrough) {
  fs::create_symlink("/dev/null", folder_ / "null");
  fs::create_symlink("/dev/full", folder_ / "full");
  write_file(folder_ / "null", "gone");
  EXPECT_TRUE(S_ISLNK(mode("null")));
  EXPECT_NE(message_of([&] { write_file(folder_ / "full", "x"); }).find("No space left"), std::string::npos);
  EXPECT_TRUE(S_ISLNK(mode("full")));
  if (::mknod((folder_ / "node").c_str(), S_IFCHR | 0600, makedev(1, 3)) == 0) {  // root alone may
    message_of([&] { write_file(folder_ / "node", "gone"); });                    // opening it may be forbidden
    EXPECT_TRUE(S_ISCHR(mode("node")));
  }
}

TEST_F(WriteFile, PipesAreWrittenThrough) {
  ASSERT_EQ(::mkfifo((folder_ / "pipe").c_str(), 0600), 0);
  std::string got(7, ' ');
  std::thread reader([&] {
    const Descriptor pipe(::open((folder_ / "pipe").c_str(), O_RDONLY));
    EXPECT_EQ(::read(pipe.number(), got.data(), got.size()), 7);
  });
  write_file(folder_ / "pipe", "through");
  reader.join();
  EXPECT_EQ(got, "through");
  EXPECT_TRUE(S_ISFIFO(mode("pipe")));
}

TEST_F(WriteFile, LinksStayAndLeadToTheNewContent) {
  fs::create_directory(folder_ / "far");
  write_file(folder_ / "far" / "file", "old");
  fs::create_symlink("far/file", folder_ / "link");
  fs::create_symlink("far/none", folder_ / "dangling");
  write_file(folder_ / "link", "new");
  write_file(folder_ / "dangling", "made");
  EXPECT_TRUE(fs::is_symlink(folder_ / "link"));
  EXPECT_TRUE(fs::is_symlink(folder_ / "dangling"));
  EXPECT_EQ(read_file(folder_ / "far" / "file"), "new");
  EXPECT_EQ(read_file(folder_ / "far" / "none"), "made");
  fs::create_symlink("loop", folder_ / "loop");
  EXPECT_THROW(write_file(folder_ / "loop", "x"), Error);
}

TEST_F(WriteFile, TheModeStays) {
  write_file(folder_ / "secret", "old");
  for (const mode_t kept : {0600u, 0640u, 0755u}) {
    ASSERT_EQ(::chmod((folder_ / "secret").c_str(), kept), 0);
    write_file(folder_ / "secret", "new");
    EXPECT_EQ(mode("secret") & 07777, kept);
  }
}

TEST_F(WriteFile, StandardOutputThatIsAFileIsWrittenToNotReplaced) {
  const int file = ::open((folder_ / "out").c_str(), O_RDWR | O_CREAT | O_APPEND, 0600), before = ::dup(STDOUT_FILENO);
  std::fflush(stdout);
  ASSERT_EQ(::write(file, "first ", 6), 6);
  ::dup2(file, STDOUT_FILENO);
  write_file("/dev/stdout", "then");
  ::dup2(before, STDOUT_FILENO);
  ::close(before);
  ::close(file);
  EXPECT_EQ(read_file(folder_ / "out"), "first then");
}

TEST_F(WriteFile, LeftoversOfTheDeadAreClearedAwayAndNothingElse) {
  const std::string hex = "0123456789abcdef";
  append_file(folder_ / (".noema-" + hex + ".tmp"), "left");
  fs::create_directories(folder_ / ".noema-ffffffffffffffff.tmp" / "inside");
  append_file(folder_ / ".noema-short.tmp", "another's");
  fs::create_symlink("precious", folder_ / ".noema-eeeeeeeeeeeeeeee.tmp");
  append_file(folder_ / "precious", "stays");
  append_file(folder_ / ".noema-dddddddddddddddd.tmp", "of a process that lives");
  const Descriptor living(::open((folder_ / ".noema-dddddddddddddddd.tmp").c_str(), O_RDONLY));
  ASSERT_EQ(::flock(living.number(), LOCK_EX), 0);
  write_file(folder_ / "new", "x");
  EXPECT_FALSE(fs::exists(folder_ / (".noema-" + hex + ".tmp")));
  EXPECT_FALSE(fs::exists(folder_ / ".noema-ffffffffffffffff.tmp"));
  EXPECT_EQ(files(), 5u);
  EXPECT_EQ(read_file(folder_ / "precious"), "stays");
}

TEST_F(WriteFile, TwoTemporariesAtATimeDoNotMeet) {
  Temporary one(folder_ / "file", Temporary::Kind::file), other(folder_ / "file", Temporary::Kind::file);
  EXPECT_TRUE(fs::exists(one.path())) << "the second one cleared the first away";
  one.take_place();
  other.take_place();
  EXPECT_EQ(files(), 1u);
}

}  // namespace
}  // namespace noema
