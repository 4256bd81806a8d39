#include "apps/repl/line_reader.h"

#include <histedit.h>
#include <termios.h>
#include <unistd.h>

#include <clocale>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <iostream>

namespace noema {
namespace {

constexpr int kHistoryLines = 1000;

char* prompt(EditLine*) {
  static char text[] = "> ";
  return text;
}

unsigned char suspend(EditLine* edit, int) {
  el_set(edit, EL_PREP_TERM, 0);
  std::raise(SIGTSTP);
  el_set(edit, EL_PREP_TERM, 1);
  return CC_REDISPLAY;
}

termios terminal_before = {};

/// What ends the program gives the terminal back as it was.
void give_back_terminal() {
  ::tcgetattr(STDIN_FILENO, &terminal_before);
  std::signal(SIGTERM, [](int signal) {
    ::tcsetattr(STDIN_FILENO, TCSANOW, &terminal_before);
    std::signal(signal, SIG_DFL);
    std::raise(signal);
  });
}

std::string history_file() {
  std::filesystem::path folder;
  if (const char* state = std::getenv("XDG_STATE_HOME")) {
    folder = state;
  } else if (const char* home = std::getenv("HOME")) {
    folder = std::filesystem::path(home) / ".local" / "state";
  } else {
    return "";
  }
  std::error_code failure;
  std::filesystem::create_directories(folder / "noema", failure);
  return failure ? "" : (folder / "noema" / "history").string();
}

class TerminalReader final : public LineReader {
 public:
  TerminalReader() : history_(history_init()), edit_(el_init("noema", stdin, stdout, stderr)), file_(history_file()) {
    give_back_terminal();
    std::setlocale(LC_CTYPE, "");
    el_set(edit_, EL_PROMPT, prompt);
    el_set(edit_, EL_EDITOR, "emacs");
    el_set(edit_, EL_HIST, history, history_);
    bind_signals();
    HistEvent event;
    history(history_, &event, H_SETSIZE, kHistoryLines);
    history(history_, &event, H_SETUNIQUE, 1);
    if (!file_.empty()) history(history_, &event, H_LOAD, file_.c_str());
  }
  TerminalReader(const TerminalReader&) = delete;
  TerminalReader& operator=(const TerminalReader&) = delete;
  ~TerminalReader() override {
    HistEvent event;
    if (!file_.empty()) history(history_, &event, H_SAVE, file_.c_str());
    el_end(edit_);
    history_end(history_);
  }

  std::optional<std::string> next() override {
    int count = 0;
    const char* line = el_gets(edit_, &count);
    if (!line || count <= 0) {
      std::cout << std::endl;
      return std::nullopt;
    }
    HistEvent event;
    std::string text(line, static_cast<std::size_t>(count));
    if (text.find_first_not_of(" \t\r\n") != std::string::npos) history(history_, &event, H_ENTER, text.c_str());
    if (text.ends_with('\n')) text.pop_back();
    return text;
  }

 private:
  /// While a line is typed, Ctrl-C takes it back, which needs the terminal to make no signals of keys.
  void bind_signals() {
    el_set(edit_, EL_SETTY, "-d", "-isig", nullptr);
    el_set(edit_, EL_BIND, "^C", "em-kill-line", nullptr);
    el_set(edit_, EL_ADDFN, "suspend", "Suspend the program", suspend);
    el_set(edit_, EL_BIND, "^Z", "suspend", nullptr);
  }

  History* history_;
  EditLine* edit_;
  std::string file_;
};

class PlainReader final : public LineReader {
 public:
  std::optional<std::string> next() override {
    std::string line;
    if (!std::getline(std::cin, line)) return std::nullopt;
    return line;
  }
};

}  // namespace

std::unique_ptr<LineReader> make_line_reader() {
  if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO)) return std::make_unique<TerminalReader>();
  return std::make_unique<PlainReader>();
}

}  // namespace noema
