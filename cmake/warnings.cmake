# SPDX-License-Identifier: MIT
# One interface target carries the compiler's flags; every target of ours links it.
add_library(curtain_flags INTERFACE)
# Asserts are for our own bugs and stay on in every build.
foreach(kind RELEASE RELWITHDEBINFO MINSIZEREL)
	string(REPLACE "-DNDEBUG" "" CMAKE_C_FLAGS_${kind} "${CMAKE_C_FLAGS_${kind}}")
endforeach()
target_compile_options(curtain_flags INTERFACE
	-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wformat=2
	-Wundef -Wcast-qual -Wwrite-strings -Wimplicit-fallthrough -fno-strict-aliasing -fstack-protector-strong)
target_compile_definitions(curtain_flags INTERFACE _GNU_SOURCE)
target_include_directories(curtain_flags INTERFACE ${CMAKE_SOURCE_DIR}/common ${CMAKE_SOURCE_DIR}/services)
if(CURTAIN_WERROR)
	target_compile_options(curtain_flags INTERFACE -Werror)
endif()
if(CURTAIN_SANITIZE)
	target_compile_options(curtain_flags INTERFACE -fsanitize=${CURTAIN_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
	target_link_options(curtain_flags INTERFACE -fsanitize=${CURTAIN_SANITIZE})
endif()
if(CURTAIN_COVERAGE)
	target_compile_options(curtain_flags INTERFACE --coverage)
	target_link_options(curtain_flags INTERFACE --coverage)
endif()
if(CURTAIN_FUZZ)
	target_compile_options(curtain_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(CURTAIN_TIDY)
	set(CMAKE_C_CLANG_TIDY clang-tidy --quiet)
endif()
