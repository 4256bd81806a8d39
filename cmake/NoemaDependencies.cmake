# What the libraries stand on; apps/ adds what the program alone needs. Used by the build and by the installed package
# config.

find_package(Threads REQUIRED)
find_package(Torch 2.11 REQUIRED)
find_package(SentencePiece REQUIRED)
find_package(ICU REQUIRED COMPONENTS i18n uc)
find_package(OpenSSL REQUIRED COMPONENTS Crypto)
find_package(nlohmann_json REQUIRED)
find_package(tomlplusplus REQUIRED)
