#include "apps/launch_ranks.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "training/ranks/join.h"

namespace noema {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kLook{50};
constexpr std::chrono::seconds kUntilOthersEnd{30};

std::atomic<int> caught{0};  // a signal handler can reach nothing else

std::string random_token() {
  std::random_device device;
  std::string bytes;
  for (int i = 0; i < 8; ++i) bytes += std::to_string(device());
  return sha256(bytes);
}

std::vector<std::string> own_arguments() {
  const std::string joined = read_file("/proc/self/cmdline", 1 << 20);
  std::vector<std::string> arguments;
  for (std::size_t at = 0; at < joined.size(); at = joined.find('\0', at) + 1) arguments.emplace_back(&joined[at]);
  return arguments;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> found;
  for (std::string& text : texts) found.push_back(text.data());
  found.push_back(nullptr);
  return found;
}

/// This process's environment with other values of some variables.
std::vector<std::string> environment_with(const std::map<std::string, std::string>& values) {
  std::vector<std::string> all;
  for (char** entry = environ; *entry; ++entry) {
    const std::string name(*entry, std::strcspn(*entry, "="));
    if (!values.contains(name)) all.emplace_back(*entry);
  }
  for (const auto& [name, value] : values) all.push_back(name + "=" + value);
  return all;
}

class Launch {
 public:
  explicit Launch(int ranks) : ranks_(ranks), listener_(listen_on("127.0.0.1", 0)), token_(random_token()) {}
  Launch(const Launch&) = delete;
  Launch& operator=(const Launch&) = delete;
  ~Launch() {
    signal_all(SIGKILL);
    while (!running_.empty()) reap(0);
    if (listener_ >= 0) ::close(listener_);
  }

  void start() {
    for (int rank = 0; rank < ranks_; ++rank) running_[start(rank)] = rank;
    ::close(std::exchange(listener_, -1));
  }

  /// Until all have ended. Returns what became of the first that failed.
  std::optional<Error> wait() {
    auto deadline = Clock::time_point::max();
    while (!running_.empty()) {
      const bool some_ended = reap(WNOHANG);
      if (failure_ && deadline == Clock::time_point::max()) deadline = Clock::now() + kUntilOthersEnd;
      if (const int signal = caught.exchange(0)) signal_all(signal);
      if (Clock::now() > deadline) signal_all(SIGKILL);
      if (!some_ended) std::this_thread::sleep_for(kLook);
    }
    return failure_;
  }

 private:
  pid_t start(int rank) {
    const unsigned cores = std::thread::hardware_concurrency();
    std::map<std::string, std::string> values = {{"RANK", std::to_string(rank)},
                                                 {"LOCAL_RANK", std::to_string(rank)},
                                                 {"WORLD_SIZE", std::to_string(ranks_)},
                                                 {"MASTER_ADDR", "127.0.0.1"},
                                                 {"MASTER_PORT", std::to_string(port_of(listener_))},
                                                 {"NOEMA_LISTENER", std::to_string(listener_)},
                                                 {"NOEMA_TOKEN", token_}};
    if (!std::getenv("OMP_NUM_THREADS")) {
      values["OMP_NUM_THREADS"] = std::to_string(std::max(1u, cores / static_cast<unsigned>(ranks_)));
    }
    std::vector<std::string> arguments = own_arguments(), environment = environment_with(values);
    const std::vector<char*> argument_pointers = pointers(arguments), environment_pointers = pointers(environment);
    const pid_t parent = ::getpid(), child = ::fork();
    if (child < 0) throw Error({"rank " + std::to_string(rank), "a process", std::strerror(errno), ""});
    if (child > 0) return child;
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (::getppid() != parent) ::_exit(1);
    if (rank == 0) ::fcntl(listener_, F_SETFD, 0);  // stays open
    ::execve("/proc/self/exe", argument_pointers.data(), environment_pointers.data());
    ::_exit(127);
  }

  bool reap(int how) {
    int status = 0;
    const pid_t ended = ::waitpid(-1, &status, how);
    const auto found = running_.find(ended);
    if (found == running_.end()) return false;
    const std::string name = "rank " + std::to_string(found->second);
    running_.erase(found);
    if (failure_ || (WIFEXITED(status) && WEXITSTATUS(status) == 0)) return true;
    const std::string what = WIFSIGNALED(status) ? std::string("it ended by signal ") + ::strsignal(WTERMSIG(status))
                                                 : "exit code " + std::to_string(WEXITSTATUS(status));
    failure_.emplace(Problem{name, "it to work to its end", what, "run the same command to go on"});
    return true;
  }

  void signal_all(int signal) const {
    for (const auto& [process, rank] : running_) ::kill(process, signal);
  }

  int ranks_, listener_;
  std::string token_;
  std::map<pid_t, int> running_;
  std::optional<Error> failure_;
};

}  // namespace

void launch_ranks(int ranks) {
  const unsigned cores = std::thread::hardware_concurrency();
  if (cores > 0 && static_cast<unsigned>(ranks) > cores) {
    throw Error({"--ranks", "at most the " + std::to_string(cores) + " cores of this machine", std::to_string(ranks),
                 "take fewer"});
  }
  struct sigaction action = {};
  action.sa_handler = [](int signal) { caught = signal; };
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
  Launch launch(ranks);
  launch.start();
  if (const auto failure = launch.wait()) throw *failure;
}

}  // namespace noema
