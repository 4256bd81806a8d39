#include "training/ranks/meeting.h"

#include <c10/util/Exception.h>

#include <thread>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include "base/error.h"
#include "base/file.h"
#include "training/ranks/sockets.h"

namespace noema {
namespace {

using Clock = std::chrono::steady_clock;
using Json = nlohmann::json;

constexpr std::chrono::milliseconds kPause{20};
constexpr std::chrono::seconds kLongerThanRank0{10}, kGoodbye{5};
constexpr std::size_t kMostBytes = 1 << 20;
const std::string kVerdict = "verdict", kRead = "read";

std::string rank_name(int rank) { return "rank " + std::to_string(rank); }

/// Waits until `is_so`, at most until the deadline; returns whether it is.
template <typename Condition>
bool wait_until(Clock::time_point deadline, const Condition& is_so) {
  while (!is_so()) {
    if (Clock::now() > deadline) return false;
    std::this_thread::sleep_for(kPause);
  }
  return true;
}

/// One side of a meeting: rank 0, or another.
class Talk {
 public:
  Talk(const Place& place, const Identity& identity)
      : place_(place), identity_(identity), deadline_(Clock::now() + place.patience) {}

  Meeting lead() {
    c10d::TCPStoreOptions options = client_options();
    options.isServer = true;
    options.masterListenFd = place_.listener ? *place_.listener : listen_on(place_.address, place_.port);
    options.port = port_of(*options.masterListenFd);
    store_ = c10::make_intrusive<c10d::TCPStore>(place_.address, options);
    const std::string here = reach(place_.address, options.port, place_.patience);
    for (int rank = 1; rank < place_.size; ++rank) {
      const std::string key = hello_key(rank);
      if (!wait_until(deadline_, [&] { return store_->check({key}); })) {
        refuse({rank_name(rank), "it to come within " + std::to_string(place_.patience.count()) + " s", "nobody",
                "start all ranks, with the same MASTER_ADDR and MASTER_PORT"});
      }
      if (store_->add("came/" + std::to_string(rank), 0) > 1) {
        refuse({rank_name(rank), "one process", "two that say to be it", "give every process a RANK of its own"});
      }
      check_hello(rank, store_->get_to_str(key));
    }
    store_->set(kVerdict, Json({{"size", place_.size}, {"proof", proof(0)}}).dump());
    return met(here);
  }

  Meeting follow() {
    const std::string here = reach(place_.address, place_.port, place_.patience);
    store_ = c10::make_intrusive<c10d::TCPStore>(place_.address, client_options());
    store_->add("came/" + std::to_string(place_.rank), 1);
    store_->set(hello_key(place_.rank), hello());
    if (!wait_until(deadline_ + kLongerThanRank0, [&] { return store_->check({kVerdict}); })) {
      throw Error({"rank 0", "a word from it within " + std::to_string(place_.patience.count()) + " s", "none",
                   "look what it says itself"});
    }
    const std::string text = store_->get_to_str(kVerdict);
    store_->add(kRead, 1);
    const Json verdict = read(text, "rank 0");
    if (verdict.contains("found")) {
      throw Error({json_member<std::string>(verdict, "where", "rank 0"),
                   json_member<std::string>(verdict, "expected", "rank 0"),
                   json_member<std::string>(verdict, "found", "rank 0"),
                   json_member<std::string>(verdict, "remedy", "rank 0")});
    }
    check_size(rank_name(place_.rank), json_member<int>(verdict, "size", "rank 0"), place_.size);
    check_proof(0, verdict);
    return met(here);
  }

 private:
  c10d::TCPStoreOptions client_options() const {
    c10d::TCPStoreOptions options;
    options.port = place_.port;
    options.waitWorkers = false;
    options.timeout = place_.patience;
    return options;
  }

  static std::string hello_key(int rank) { return "hello/" + std::to_string(rank); }
  std::string proof(int rank) const { return sha256(place_.token + "/" + std::to_string(rank)); }

  std::string hello() const {
    return Json({{"size", place_.size}, {"proof", proof(place_.rank)}, {"identity", identity_}}).dump();
  }

  static Json read(const std::string& text, const std::string& from) {
    if (text.size() > kMostBytes) throw Error({from, "a short greeting", std::to_string(text.size()) + " bytes", ""});
    return parse_json(text, from);
  }

  void check_hello(int rank, const std::string& text) {
    try {
      const Json said = read(text, rank_name(rank));
      check_proof(rank, said);
      check_size(rank_name(rank), place_.size, json_member<int>(said, "size", rank_name(rank)));
      check_identity(rank, json_member<Json>(said, "identity", rank_name(rank)));
    } catch (const Error& error) {
      refuse(error.problem());
    }
  }

  void check_proof(int rank, const Json& said) const {
    if (json_member<std::string>(said, "proof", rank_name(rank)) == proof(rank)) return;
    throw Error({rank_name(rank), "the token of this run", "another", "give all ranks the same NOEMA_TOKEN"});
  }

  static void check_size(const std::string& where, int of_first, int found) {
    if (found == of_first) return;
    throw Error({where, "a run of " + std::to_string(of_first) + " ranks, as rank 0 counts", std::to_string(found),
                 "give all ranks the same WORLD_SIZE"});
  }

  void check_identity(int rank, const Json& said) const {
    const Json mine = identity_;
    for (std::size_t i = 0; i < mine.size(); ++i) {
      if (i < said.size() && said[i] == mine[i]) continue;
      const std::string found = i < said.size() ? said[i].dump() : "nothing";
      throw Error({rank_name(rank), "the " + identity_[i].first + " of rank 0, " + printable(identity_[i].second, 20),
                   printable(found, 60), "start all ranks with the same program, recipe and data"});
    }
  }

  [[noreturn]] void refuse(const Problem& problem) {
    store_->set(kVerdict, Json({{"where", problem.where},
                                {"expected", problem.expected},
                                {"found", problem.found},
                                {"remedy", problem.remedy}})
                              .dump());
    wait_until(Clock::now() + kGoodbye, [&] {
      std::int64_t came = 0;
      for (int rank = 1; rank < place_.size; ++rank) came += store_->add("came/" + std::to_string(rank), 0);
      return store_->add(kRead, 0) >= came;
    });
    throw Error(problem);
  }

  Meeting met(const std::string& here) {
    return {c10::make_intrusive<c10d::PrefixStore>(sha256(place_.token + "/store"), store_), here};
  }

  const Place& place_;
  const Identity& identity_;
  Clock::time_point deadline_;
  c10::intrusive_ptr<c10d::Store> store_;
};

}  // namespace

Meeting meet(const Place& place, const Identity& identity) {
  try {
    Talk talk(place, identity);
    return place.rank == 0 ? talk.lead() : talk.follow();
  } catch (const c10::Error& error) {
    throw Error({rank_name(place.rank), "a store that answers", printable(error.what_without_backtrace(), 120),
                 "look what rank 0 says"});
  }
}

}  // namespace noema
