#include <c10/util/Exception.h>

#include <chrono>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <torch/csrc/distributed/c10d/Backend.hpp>
#include <torch/csrc/distributed/c10d/Store.hpp>

#include "base/error.h"
#include "training/ranks/gloo.h"
#include "training/ranks/join.h"
#include "training/ranks/meeting.h"
#include "training/ranks/pulse.h"

namespace noema {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kLook{1};         // between two looks at the pulse while others are waited for
constexpr int kLooksUntilStoreIsGone = 20;       // at a pulse that stands still
constexpr int kLooksUntilVerdict = 20;           // after a connection was lost
constexpr std::chrono::minutes kLongestSum{30};  // while all are alive
constexpr std::size_t kShortText = 512;          // what one sum gathers; longer texts take a second
constexpr std::size_t kLength = sizeof(std::int64_t);

/// A sum on its way, and who waits for it.
struct Sum {
  explicit Sum(c10::intrusive_ptr<c10d::Work> of) : work(std::move(of)), state(std::make_shared<State>()) {
    work->getFuture()->addCallback([state = state](const c10::ivalue::Future&) {
      const std::lock_guard lock(state->mutex);
      state->is_done = true;
      state->changed.notify_all();
    });
  }

  bool done_within(std::chrono::milliseconds time) const {
    std::unique_lock lock(state->mutex);
    return state->changed.wait_for(lock, time, [&] { return state->is_done; });
  }

  struct State {
    std::mutex mutex;
    std::condition_variable changed;
    bool is_done = false;
  };
  c10::intrusive_ptr<c10d::Work> work;
  std::shared_ptr<State> state;
};

class JoinedRanks final : public Ranks {
 public:
  JoinedRanks(const Place& place, Meeting meeting)
      : rank_(place.rank),
        size_(place.size),
        store_(std::move(meeting.store)),
        pulse_(store_->clone(), rank_, size_),
        group_(connect(meeting.address, place.patience)) {}

  /// After a failure sums may still be on their way: what they use stays until the process ends.
  ~JoinedRanks() override {
    if (!pulse_.failure()) return;
    group_.release();
    new std::vector<Sum>(std::move(sums_));
  }

  int rank() const override { return rank_; }
  int size() const override { return size_; }

  void start_sum(const torch::Tensor& tensor) override {
    bytes_ += static_cast<std::int64_t>(tensor.nbytes());
    c10d::AllreduceOptions options;
    options.timeout = kLongestSum;
    std::vector<torch::Tensor> tensors = {tensor};
    try {
      sums_.emplace_back(group_->allreduce(tensors, options));
    } catch (const c10::Error& error) {
      throw_verdict(error.what_without_backtrace());
    }
  }

  void finish_sums() override {
    const auto start = Clock::now();
    for (const Sum& sum : sums_) finish(sum);
    sums_.clear();
    seconds_ += std::chrono::duration<double>(Clock::now() - start).count();
  }

  std::vector<std::string> gather(const std::string& mine) override {
    std::vector<std::string> texts(static_cast<std::size_t>(size_));
    const std::size_t row = kLength + kShortText;
    const torch::Tensor first = shared_rows(mine, row);
    std::size_t longest = 0;
    std::vector<std::int64_t> lengths(texts.size());
    for (std::size_t r = 0; r < texts.size(); ++r) {
      std::memcpy(&lengths[r], first.const_data_ptr<std::uint8_t>() + r * row, kLength);
      longest = std::max(longest, static_cast<std::size_t>(lengths[r]));
    }
    const std::size_t width = kLength + longest;
    const bool fits = longest <= kShortText;
    const torch::Tensor all = fits ? first : shared_rows(mine, width);
    for (std::size_t r = 0; r < texts.size(); ++r) {
      const std::uint8_t* at = all.const_data_ptr<std::uint8_t>() + r * (fits ? row : width) + kLength;
      texts[r].assign(reinterpret_cast<const char*>(at), static_cast<std::size_t>(lengths[r]));
    }
    return texts;
  }

  void fail(const std::string& reason) override {
    try {
      pulse_.post({rank_, "ended: " + reason});
    } catch (const std::exception&) {  // who cannot be told sees that this one is gone
    }
  }

  double seconds_waited() const override { return seconds_; }
  std::int64_t bytes_summed() const override { return bytes_; }

 private:
  c10::intrusive_ptr<c10d::Backend> connect(const std::string& address, std::chrono::seconds patience) {
    try {
      return connect_gloo(store_, rank_, size_, address, patience);
    } catch (const std::exception& error) {
      throw_verdict(error.what());
    }
  }

  /// A row of bytes for each rank: the length of its text, and as much of that as there is room for.
  torch::Tensor shared_rows(const std::string& mine, std::size_t width) {
    const torch::Tensor rows = torch::zeros({size_, static_cast<std::int64_t>(width)}, torch::kUInt8);
    std::uint8_t* row = rows.mutable_data_ptr<std::uint8_t>() + static_cast<std::size_t>(rank_) * width;
    const auto length = static_cast<std::int64_t>(mine.size());
    std::memcpy(row, &length, kLength);
    std::memcpy(row + kLength, mine.data(), std::min(mine.size(), width - kLength));
    start_sum(rows);
    finish_sums();
    return rows;
  }

  void finish(const Sum& sum) {
    std::int64_t turns = -1;
    for (int still = 0; !sum.done_within(kLook);) {
      if (const auto failure = pulse_.failure()) throw_because(*failure);
      still = pulse_.turns() == turns ? still + 1 : 0;
      turns = pulse_.turns();
      if (still > kLooksUntilStoreIsGone) throw_because({0, "gone: its store does not answer"});
    }
    try {
      sum.work->wait();
    } catch (const std::exception& error) {
      throw_verdict(error.what());
    }
  }

  /// A connection was lost: the ranks find out which of them is gone, or say why they end.
  [[noreturn]] void throw_verdict(const std::string& seen) {
    pulse_.suspect();
    for (int look = 0; look < kLooksUntilVerdict; ++look) {
      if (const auto failure = pulse_.failure()) throw_because(*failure);
      std::this_thread::sleep_for(kLook);
    }
    throw Error({"rank " + std::to_string(rank_), "connections to all ranks",
                 printable(seen.substr(0, seen.find('\n')), 120),
                 "start all ranks again to go on from the last checkpoint"});
  }

  [[noreturn]] void throw_because(const Failure& failure) const {
    throw Error({"rank " + std::to_string(rank_), "all " + std::to_string(size_) + " ranks to go on",
                 "rank " + std::to_string(failure.rank) + " " + failure.reason,
                 "start all ranks again to go on from the last checkpoint"});
  }

  int rank_, size_;
  c10::intrusive_ptr<c10d::Store> store_;
  Pulse pulse_;
  c10::intrusive_ptr<c10d::Backend> group_;
  std::vector<Sum> sums_;
  double seconds_ = 0.0;
  std::int64_t bytes_ = 0;
};

}  // namespace

std::unique_ptr<Ranks> join_ranks(const Place& place, const Identity& identity) {
  return std::make_unique<JoinedRanks>(place, meet(place, identity));
}

}  // namespace noema
