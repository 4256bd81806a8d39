#pragma once

#include <filesystem>
#include <vector>

#include "inspect/report/report.h"

namespace noema {

/// The latents of dumps in a plane: their two first principal components together, by singular value decomposition.
/// `runs` are the arguments of the report; those that are no dump's folder are passed by, and so are dumps without
/// latents. Throws Error when a dump's files do not fit together.
TrajectoryMap make_trajectory_map(const std::vector<std::filesystem::path>& runs);

}  // namespace noema
