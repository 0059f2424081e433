-- GET whatever the URL names, and print one line of JSON.
dofile((os.getenv("BENCH_LUA") or ".") .. "/report.lua")
