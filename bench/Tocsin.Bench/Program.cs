using Tocsin.Bench;

// What one call costs, inside one process. What a whole server does is measured by bench/run.
//   dotnet run -c Release --project bench/Tocsin.Bench VERB
return args.FirstOrDefault() switch
{
    "detect" => DetectBench.Run(args[1..]),
    "logs-store" or "logs-search" => await LogsBench.RunAsync(args[0], args[1..]),
    "metrics-read" => await MetricsBench.RunAsync(args[1..]),
    "oncall" => OnCallBench.Run(),
    "parse" => ParseBench.Run(),
    "route" => RouteBench.Run(),
    "telemetry" => TelemetryBench.Run(),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("usage: tocsin-bench detect|logs-store|logs-search|metrics-read|oncall|parse|route|telemetry");
    return 2;
}
