#include "training/ranks/ranks.h"

#include <algorithm>

#include "base/error.h"

namespace noema {
namespace {

class Alone final : public Ranks {
 public:
  int rank() const override { return 0; }
  int size() const override { return 1; }
  void start_sum(const torch::Tensor&) override {}
  void finish_sums() override {}
  std::vector<std::string> gather(const std::string& mine) override { return {mine}; }
  void fail(const std::string&) override {}
  double seconds_waited() const override { return 0.0; }
  std::int64_t bytes_summed() const override { return 0; }
};

}  // namespace

std::unique_ptr<Ranks> alone() { return std::make_unique<Alone>(); }

bool any(Ranks& ranks, bool mine) {
  if (ranks.size() == 1) return mine;
  const std::vector<std::string> all = ranks.gather(mine ? "1" : "0");
  return std::any_of(all.begin(), all.end(), [](const std::string& said) { return said == "1"; });
}

void agree(Ranks& ranks, const std::string& what, const std::string& mine) {
  const std::vector<std::string> all = ranks.gather(mine);
  for (std::size_t rank = 1; rank < all.size(); ++rank) {
    if (all[rank] == all[0]) continue;
    throw Error({"rank " + std::to_string(rank), what + " of rank 0, " + printable(all[0]), printable(all[rank]),
                 "start all ranks with the same program, recipe, data and run folder"});
  }
}

void first_then_others(Ranks& ranks, const std::function<void()>& action) {
  if (ranks.is_first()) action();
  ranks.gather("");
  if (!ranks.is_first()) action();
}

}  // namespace noema
