#include "apps/launch_ranks.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
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
  Launch(int ranks, std::filesystem::path outputs)
      : ranks_(ranks), outputs_(std::move(outputs)), listener_(listen_on("127.0.0.1", 0)), token_(random_token()) {}
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
    if (!outputs_.empty()) values[kPartsVariable] = outputs_.string();
    std::vector<std::string> arguments = own_arguments(), environment = environment_with(values);
    const std::vector<char*> argument_pointers = pointers(arguments), environment_pointers = pointers(environment);
    const std::string output = outputs_.empty() ? "" : output_of(outputs_, rank).string();
    const pid_t parent = ::getpid(), child = ::fork();
    if (child < 0) throw Error({"rank " + std::to_string(rank), "a process", std::strerror(errno), ""});
    if (child > 0) return child;
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (::getppid() != parent) ::_exit(1);
    if (!output.empty()) {
      const int file = ::open(output.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
      if (file < 0 || ::dup2(file, STDOUT_FILENO) < 0) ::_exit(1);
    }
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

  int ranks_;
  std::filesystem::path outputs_;
  int listener_;
  std::string token_;
  std::map<pid_t, int> running_;
  std::optional<Error> failure_;
};

}  // namespace

std::filesystem::path output_of(const std::filesystem::path& outputs, int rank) {
  return outputs / ("rank" + std::to_string(rank));
}

TemporaryOutputs::TemporaryOutputs() {
  std::string name = (std::filesystem::temp_directory_path() / "noema-ranks-XXXXXX").string();
  if (!::mkdtemp(name.data())) throw Error({name, "a folder that can be made", std::strerror(errno), "set TMPDIR"});
  path_ = name;
}

TemporaryOutputs::~TemporaryOutputs() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

void launch_ranks(int ranks, const std::filesystem::path& outputs) {
  const unsigned cores = std::thread::hardware_concurrency();
  if (cores > 0 && static_cast<unsigned>(ranks) > cores) {
    throw Error({"--ranks", "at most the " + std::to_string(cores) + " cores of this machine", std::to_string(ranks),
                 "take fewer"});
  }
  struct sigaction action = {};
  action.sa_handler = [](int signal) { caught = signal; };
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
  Launch launch(ranks, outputs);
  launch.start();
  if (const auto failure = launch.wait()) throw *failure;
}

}  // namespace noema
