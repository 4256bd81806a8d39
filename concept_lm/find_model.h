#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace noema {

/// Where models are looked for by name, the first first: the folder that the environment's NOEMA_MODELS names; those
/// that are installed with the program that runs, and those of the source tree that noema was built from; and those
/// that scripts/fetch-backbone fetched.
std::vector<std::filesystem::path> model_folders();

/// The folder of a model, for load_bundle: `name` itself when it is a bundle's folder, else the model of that name in
/// the first of `folders` that has one. Empty: stories. Throws Error, with the names that there are, when there is
/// none.
std::filesystem::path find_model(const std::string& name,
                                 const std::vector<std::filesystem::path>& folders = model_folders());

/// Whether find_model finds it.
bool is_model(const std::string& name, const std::vector<std::filesystem::path>& folders = model_folders());

}  // namespace noema
