// The REPL as a person has it, through a pseudo-terminal, and as a script has it, through a pipe.

#include <gtest/gtest.h>
#include <poll.h>
#include <pty.h>
#include <termios.h>

#include <csignal>

#include "base/file.h"
#include "program.h"

namespace noema {
namespace {

const char* const kQuestion = "Tom had 3 apples. Tom lost 1 apple. How many apples does Tom have?";

/// The program on a terminal of its own.
class Terminal {
 public:
  explicit Terminal(const std::string& arguments) {
    struct winsize size = {24, 100, 0, 0};
    child_ = ::forkpty(&master_, nullptr, nullptr, &size);
    if (child_ != 0) return;
    ::setenv("XDG_STATE_HOME", std::filesystem::temp_directory_path().c_str(), 1);
    ::setenv("TERM", "xterm", 1);
    ::execl("/bin/sh", "sh", "-c", (std::string("exec ") + NOEMA_PROGRAM + " " + arguments).c_str(), nullptr);
    ::_exit(127);
  }
  ~Terminal() {
    if (child_ > 0) ::kill(child_, SIGKILL);
    ::close(master_);
  }

  void type(const std::string& keys) {
    [[maybe_unused]] const ssize_t sent = ::write(master_, keys.data(), keys.size());
  }

  /// Types again and again until `words` come: a terminal throws away what was typed while the line editor was taking
  /// it over.
  bool type_until(const std::string& keys, const std::string& words) {
    for (int tries = 0; tries < 20 && !closed_; ++tries) {
      type(keys);
      if (shows(words, 3'000)) return true;
    }
    return false;
  }

  /// Whether `words` come onto the screen after what was seen before; gives up after so many milliseconds of silence.
  bool shows(const std::string& words, int patience = 60'000) {
    while (screen_.find(words, seen_) == std::string::npos) {
      struct pollfd wait = {master_, POLLIN, 0};
      char buffer[4096];
      if (::poll(&wait, 1, patience) <= 0) return false;
      const ssize_t got = ::read(master_, buffer, sizeof buffer);
      closed_ = got <= 0;
      if (closed_) return false;
      screen_.append(buffer, static_cast<std::size_t>(got));
    }
    seen_ = screen_.find(words, seen_) + words.size();
    return true;
  }

  int exit_code() {
    const bool silent = !shows("\x01 never shown", 10'000) && !closed_;
    if (silent) ::kill(child_, SIGKILL);  // it would be waited for without end
    int status = 0;
    ::waitpid(child_, &status, 0);
    child_ = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  /// Whether the terminal itself shows what is typed and waits for whole lines, as a shell leaves it.
  bool is_as_before() const {
    termios now = {};
    return ::tcgetattr(master_, &now) == 0 && (now.c_lflag & ECHO) != 0 && (now.c_lflag & ICANON) != 0;
  }

  void end(int signal) {
    ::kill(child_, signal);
    ::waitpid(child_, nullptr, 0);
    child_ = 0;
  }

  const std::string& screen() const { return screen_; }

 private:
  pid_t child_ = 0;
  int master_ = -1;
  std::string screen_;
  std::size_t seen_ = 0;
  bool closed_ = false;
};

TEST(Repl, OnATerminalAnswersTakesLinesBackAndLeaves) {
  Terminal terminal("repl");
  ASSERT_TRUE(terminal.shows("> ")) << terminal.screen();
  EXPECT_TRUE(terminal.type_until(std::string(kQuestion) + "\n", "\n= ")) << terminal.screen();
  EXPECT_TRUE(terminal.shows("GFLOPs")) << terminal.screen();
  EXPECT_TRUE(terminal.shows("> ")) << terminal.screen();
  EXPECT_TRUE(terminal.type_until("half a line", "half a line")) << terminal.screen();
  terminal.type("\x03/mdoe\n");
  EXPECT_TRUE(terminal.shows("did you mean /mode?")) << terminal.screen();
  EXPECT_TRUE(terminal.shows("> ")) << terminal.screen();
  // Ctrl-U first: a key that was typed too early may have left half a line, on which Ctrl-D deletes.
  terminal.type_until("\x15\x04", "\x01 never shown");
  EXPECT_EQ(terminal.exit_code(), 0) << terminal.screen();
}

TEST(Repl, WhoeverEndsItGetsTheTerminalBack) {
  Terminal terminal("repl");
  ASSERT_TRUE(terminal.shows("> ")) << terminal.screen();
  EXPECT_FALSE(terminal.is_as_before()) << "while a line is typed the line editor has it";
  terminal.end(SIGTERM);
  EXPECT_TRUE(terminal.is_as_before());
}

TEST(Repl, NothingFromOutsideSteersTheTerminal) {
  const auto folder = std::filesystem::temp_directory_path() / ("noema-steering-" + std::to_string(::getpid()));
  std::filesystem::copy(std::filesystem::path(NOEMA_SOURCE_FOLDER) / "models" / "stories", folder);
  nlohmann::json manifest = read_json(folder / "noema.json");
  const std::string name =
      "x\x1b[31m\xc2\x9b"
      "31m";
  manifest["provenance"]["validation"][name] = {{"steps", 1.0}};
  write_file(folder / "noema.json", manifest.dump());
  Terminal terminal("describe " + folder.string());
  EXPECT_TRUE(terminal.shows("x\\x1b[31m\\xc2\\x9b31m")) << terminal.screen();
  EXPECT_NE(run_program("describe " + folder.string()).out.find(name), std::string::npos) << "pipes get it as it is";
  std::filesystem::remove_all(folder);
}

TEST(Repl, AnswersAreNeitherLostNorSavedOverSomethingElse) {
  const auto folder = std::filesystem::temp_directory_path() / ("noema-saving-" + std::to_string(::getpid()));
  const std::string data = (folder / "stories.json").string(), saved = (folder / "session.jsonl").string();
  write_file(data, "[]");
  const ProgramResult result =
      run_program("repl", std::string(kQuestion) + "\n/save " + data + "\n/load prosqa\n/save " + saved + "\n/save " +
                              saved + "\n/load prosqa\n/mode chain\nq\n/load stories\n/load stories\n");
  EXPECT_EQ(read_file(data), "[]");
  EXPECT_NE(result.out.find("/save: expected a new file, or one of saved trajectories"), std::string::npos);
  EXPECT_NE(result.out.find("/load: expected no answers that are not saved, found 1"), std::string::npos);
  std::size_t greetings = 0;
  for (std::size_t at = 0; (at = result.out.find("noema with ", at)) != std::string::npos; ++at) ++greetings;
  EXPECT_EQ(greetings, 2u) << result.out;
  std::filesystem::remove_all(folder);
}

TEST(Repl, PipedInputIsAScript) {
  const ProgramResult result =
      run_program("repl", std::string("/mode chain\n") + kQuestion + "\n/compare\n/show\n\n/quit\nnot read\n");
  EXPECT_EQ(result.code, 0) << result.err;
  for (const char* words : {"mode chain\n", "chain: ", "continuous", "discretized", "token probability"}) {
    EXPECT_NE(result.out.find(words), std::string::npos) << words << "\n" << result.out;
  }
}

TEST(Repl, EveryCommandDoesWhatTheHelpSays) {
  const auto folder = std::filesystem::temp_directory_path() / ("noema-repl-" + std::to_string(::getpid()));
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  const std::string saved = (folder / "session.jsonl").string(), traced = (folder / "trace").string();
  const ProgramResult result = run_program(
      "repl", std::string(kQuestion) + "\n/edit 1 \"3 + 1 = 4.\"\n/lens\n/nudge 1 0.1\n/why 1\n/steps off\n" +
                  kQuestion + "\n/steps on\n/temperature 0.5 0.1\n/temperature 0\n/save " + saved + "\n/trace " +
                  traced + "\n/example\n/mode hybrid\n" + kQuestion + "\n/lens\n/save " + saved +
                  "\n/load prosqa\n/example\n/help\n");
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(result.out.find("error: "), std::string::npos) << result.out;
  for (const char* words :
       {"3 + 1 = 4.  (view)", "3 + 1 = 4.  (no layer reads it so)",  // the lens looks at the edited run
        "written 8 times by chance", "known sentences", "temperature 0.50 of tokens, 0.10", "4 trajectories are in",
        "4 trajectories with their latents", "the true answer: ", "hybrid: ", "noema with ", "/trace FOLDER"}) {
    EXPECT_NE(result.out.find(words), std::string::npos) << words << "\n" << result.out;
  }
  EXPECT_TRUE(std::filesystem::exists(saved));
  EXPECT_EQ(run_program("dump --verify " + traced).code, 0);
  std::filesystem::remove_all(folder);
}

TEST(Repl, BadInputIsSaidInOneLineAndTheSessionGoesOn) {
  std::string endless;
  for (int i = 0; i < 3000; ++i) endless += "apple ";
  const ProgramResult result = run_program(
      "repl",
      "\xff\xfe\n" + endless +
          "\n/load nowhere\n/load\n/mode telepathy\n/temperature hot\n/temperature 1 2 3\n/save x\n/lens\n/mode\n");
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(result.out.find("mode continuous\n"), result.out.size() - 16) << result.out;
  std::size_t errors = 0;
  for (std::size_t at = 0; (at = result.out.find("error: ", at)) != std::string::npos; ++at) ++errors;
  EXPECT_EQ(errors, 9u) << result.out;
}

}  // namespace
}  // namespace noema
