#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <string>

namespace noema {

/// What a run of the program left behind.
struct ProgramResult {
  int code = 0;
  std::string out;  ///< standard output
  std::string err;  ///< standard error
};

/// Runs the program with a shell command line of arguments and `input` on standard input.
inline ProgramResult run_program(const std::string& arguments, const std::string& input = "") {
  const auto folder = std::filesystem::temp_directory_path() / ("noema-apps-" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  const std::string in_file = (folder / "in").string(), error_file = (folder / "err").string();
  std::FILE* file = std::fopen(in_file.c_str(), "wb");
  std::fwrite(input.data(), 1, input.size(), file);
  std::fclose(file);
  const std::string command = std::string(NOEMA_PROGRAM) + " " + arguments + " < " + in_file + " 2> " + error_file;
  ProgramResult result;
  const auto read_all = [](std::FILE* from) {
    std::string text;
    std::array<char, 4096> buffer;
    for (std::size_t got; (got = std::fread(buffer.data(), 1, buffer.size(), from)) > 0;)
      text.append(buffer.data(), got);
    return text;
  };
  std::FILE* pipe = ::popen(command.c_str(), "r");
  result.out = read_all(pipe);
  const int status = ::pclose(pipe);
  result.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  std::FILE* errors = std::fopen(error_file.c_str(), "rb");
  result.err = read_all(errors);
  std::fclose(errors);
  std::filesystem::remove_all(folder);
  return result;
}

}  // namespace noema
