#pragma once

#include <functional>
#include <optional>
#include <string>

#include "training/ranks/join.h"

namespace noema {

/// The value of a variable of the environment, if it is set.
using Variables = std::function<std::optional<std::string>(const std::string& name)>;

/// The place that a launcher has given this process: RANK, WORLD_SIZE, MASTER_ADDR and MASTER_PORT, or what srun sets;
/// the token is NOEMA_TOKEN. Nothing when there is no RANK and no step of several tasks. Throws Error for what is
/// missing or senseless, a missing token among it.
std::optional<Place> place_of(const Variables& variables);

/// The same from this process's environment.
std::optional<Place> place_in_environment();

/// The first host of a list as Slurm writes it: "node07" of "node[07-09,12],other".
std::string first_host(const std::string& list);

}  // namespace noema
