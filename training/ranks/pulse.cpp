#include "training/ranks/pulse.h"

#include <atomic>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <torch/csrc/distributed/c10d/Store.hpp>
#include <vector>

#include "base/file.h"

namespace noema {
namespace {

constexpr std::chrono::milliseconds kTurn{500};
constexpr int kTurnsUntilGone = 30, kTurnsOfASuspect = 8;
constexpr int kTurnsForGoodbye = 10;
const std::string kFailure = "failure", kSuspicion = "suspicion", kHeard = "heard";

std::string beat_key(int rank) { return "beat/" + std::to_string(rank); }

struct Heard {
  std::int64_t beats = 0;
  int silent_turns = 0;
};

}  // namespace

struct Pulse::State {
  State(c10::intrusive_ptr<c10d::Store> with, int of, int in)
      : store(std::move(with)), rank(of), size(in), heard(static_cast<std::size_t>(in)) {}

  void work() {
    try {
      while (!stopping) {
        turn();
        ++turns;
        std::unique_lock lock(mutex);
        changed.wait_for(lock, kTurn, [&] { return stopping || to_post; });
      }
    } catch (const std::exception&) {
      const std::lock_guard lock(mutex);
      if (!failure && !stopping) failure = Failure{0, "gone: its store does not answer"};
      store_is_gone = true;
      changed.notify_all();
    }
  }

  void turn() {
    store->add(beat_key(rank), 1);
    if (is_suspicious.exchange(false)) store->add(kSuspicion, 1);
    if (rank == 0) listen();
    std::optional<Failure> mine;
    {
      const std::lock_guard lock(mutex);
      mine = std::exchange(to_post, std::nullopt);
    }
    if (mine) write(*mine);
    learn();
  }

  /// Rank 0: who does not say any more that it is alive?
  void listen() {
    const int limit = store->add(kSuspicion, 0) > 0 ? kTurnsOfASuspect : kTurnsUntilGone;
    for (int other = 1; other < size; ++other) {
      Heard& of = heard[static_cast<std::size_t>(other)];
      const std::int64_t beats = store->add(beat_key(other), 0);
      of.silent_turns = beats == of.beats ? of.silent_turns + 1 : 0;
      of.beats = beats;
      if (of.silent_turns <= limit) continue;
      const auto seconds = (of.silent_turns * kTurn).count() / 1000;
      write({other, "gone: no sign of life for " + std::to_string(seconds) + " s"});
    }
  }

  /// The first failure that is written is the one that counts.
  void write(const Failure& found) {
    store->compareSet(kFailure, "",
                      nlohmann::json({{"rank", found.rank}, {"reason", found.reason}})
                          .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  }

  void learn() {
    if (knows || !store->check({kFailure})) return;
    const nlohmann::json said = parse_json(store->get_to_str(kFailure), "the ranks' store");
    store->add(kHeard, 1);
    const std::lock_guard lock(mutex);
    failure = Failure{json_member<int>(said, "rank", "failure"), json_member<std::string>(said, "reason", "failure")};
    knows = true;
    changed.notify_all();
  }

  c10::intrusive_ptr<c10d::Store> store;
  const int rank, size;
  std::vector<Heard> heard;
  bool knows = false;  // of the thread alone
  std::atomic<std::int64_t> turns{0};
  std::atomic<bool> is_suspicious{false}, stopping{false};
  mutable std::mutex mutex;
  std::condition_variable changed;
  std::optional<Failure> failure, to_post;
  bool store_is_gone = false;
  std::thread thread;
};

Pulse::Pulse(c10::intrusive_ptr<c10d::Store> store, int rank, int size)
    : state_(std::make_shared<State>(std::move(store), rank, size)) {
  state_->thread = std::thread([state = state_] { state->work(); });
}

Pulse::~Pulse() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopping = true;
    state_->changed.notify_all();
  }
  if (failure()) {
    state_->thread.detach();
  } else {
    state_->thread.join();
  }
}

std::optional<Failure> Pulse::failure() const {
  const std::lock_guard lock(state_->mutex);
  return state_->failure;
}

std::int64_t Pulse::turns() const { return state_->turns; }

void Pulse::suspect() { state_->is_suspicious = true; }

void Pulse::post(const Failure& failure) {
  State& state = *state_;
  std::unique_lock lock(state.mutex);
  if (!state.failure) state.to_post = failure;
  state.changed.notify_all();
  const auto is_known = [&] { return state.failure.has_value() || state.store_is_gone; };
  state.changed.wait_for(lock, kTurnsForGoodbye * kTurn, is_known);
  if (state.rank != 0 || !state.failure) return;
  // Rank 0 takes its store along, so it leaves last.
  const std::int64_t others = state.failure->rank == 0 ? state.size : state.size - 1;
  lock.unlock();
  const auto store = state.store->clone();
  for (int turn = 0; turn < kTurnsForGoodbye && store->add(kHeard, 0) < others; ++turn) {
    std::this_thread::sleep_for(kTurn);
  }
}

}  // namespace noema
