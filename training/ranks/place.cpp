#include "training/ranks/place.h"

#include <charconv>
#include <cstdlib>

#include "base/error.h"

namespace noema {
namespace {

constexpr int kMostRanks = 65536;
constexpr int kSlurmPorts = 20000, kFirstSlurmPort = 20000;  // below those that systems give away themselves

int number(const std::string& name, const std::string& text, int least, int most) {
  int value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem == std::errc() && end == text.data() + text.size() && value >= least && value <= most) return value;
  throw Error({name, "a number from " + std::to_string(least) + " to " + std::to_string(most), printable(text), ""});
}

class Reader {
 public:
  explicit Reader(const Variables& variables) : variables_(variables) {}

  bool has(const std::string& name) const { return variables_(name).has_value(); }

  std::string text(const std::string& name) const {
    const auto found = variables_(name);
    if (found && !found->empty()) return *found;
    throw Error({name, "a value, since this process is a rank of several", "none", "set it for all ranks"});
  }

  int among(const std::string& name, int least, int most) const { return number(name, text(name), least, most); }

 private:
  const Variables& variables_;
};

Place launched(const Reader& read) {
  Place place;
  place.size = read.among("WORLD_SIZE", 1, kMostRanks);
  place.rank = read.among("RANK", 0, place.size - 1);
  if (place.size == 1) return place;
  place.address = read.text("MASTER_ADDR");
  place.port = static_cast<std::uint16_t>(read.among("MASTER_PORT", 1, 65535));
  return place;
}

Place in_slurm(const Reader& read) {
  Place place;
  place.size = read.among("SLURM_NTASKS", 1, kMostRanks);
  place.rank = read.among("SLURM_PROCID", 0, place.size - 1);
  place.address = read.has("MASTER_ADDR") ? read.text("MASTER_ADDR") : first_host(read.text("SLURM_STEP_NODELIST"));
  const int port = read.has("MASTER_PORT")
                       ? read.among("MASTER_PORT", 1, 65535)
                       : kFirstSlurmPort + read.among("SLURM_JOB_ID", 0, 2'000'000'000) % kSlurmPorts;
  place.port = static_cast<std::uint16_t>(port);
  return place;
}

bool is_slurm_step(const Reader& read) {
  return read.has("SLURM_STEP_ID") && read.has("SLURM_PROCID") && read.has("SLURM_NTASKS") &&
         read.text("SLURM_NTASKS") != "1";
}

}  // namespace

std::optional<Place> place_of(const Variables& variables) {
  const Reader read(variables);
  const bool is_launched = read.has("RANK");
  if (!is_launched && !is_slurm_step(read)) return std::nullopt;
  Place place = is_launched ? launched(read) : in_slurm(read);
  if (place.size == 1) return std::nullopt;
  place.token = read.text("NOEMA_TOKEN");
  if (read.has("NOEMA_PATIENCE")) place.patience = std::chrono::seconds(read.among("NOEMA_PATIENCE", 1, 86400));
  if (place.rank == 0 && read.has("NOEMA_LISTENER")) place.listener = read.among("NOEMA_LISTENER", 3, 1 << 20);
  return place;
}

std::optional<Place> place_in_environment() {
  return place_of([](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    return value ? std::optional<std::string>(value) : std::nullopt;
  });
}

std::string first_host(const std::string& list) {
  const std::size_t end = list.find_first_of("[,");
  std::string host = list.substr(0, end);
  if (end == std::string::npos || list[end] == ',') return host;
  const std::size_t after = list.find_first_of("-,]", end);
  if (after == std::string::npos) return list;
  return host + list.substr(end + 1, after - end - 1);
}

}  // namespace noema
