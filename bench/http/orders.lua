-- POST an order; the body is the second argument behind `--`. Then print one line of JSON.
function init(args)
  wrk.method = "POST"
  wrk.body = args[1]
  wrk.headers["content-type"] = "application/json"
end

dofile((os.getenv("BENCH_LUA") or ".") .. "/report.lua")
