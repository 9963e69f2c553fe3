using Tocsin.Load;

// tocsin-load ingest|latency|start [--program PATH] [--database URL] [--rounds N] [--only TEXT] [--alone]
string? Option(string name) => Array.IndexOf(args, name) is var at and >= 0 && at + 1 < args.Length ? args[at + 1] : null;

var rounds = int.Parse(Option("--rounds") ?? "3", System.Globalization.CultureInfo.InvariantCulture);
List<Target> targets = args.Contains("--alone") ? [] : [new AlertmanagerTarget()];
if (Option("--program") is { } program)
{
    targets.Add(new TocsinTarget(program, Option("--database")));
}

Table.Origin($"bench/run {string.Join(' ', args.Where(a => a != Option("--program") && a != "--program"))}", targets);
return args.FirstOrDefault() switch
{
    "ingest" => await Ingest.RunAsync([.. targets], rounds, Option("--only")),
    "latency" => await Latency.RunAsync([.. targets], rounds, Option("--only")),
    "start" => await Start.RunAsync([.. targets], rounds),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("usage: tocsin-load ingest|latency|start [--program PATH] [--database URL] [--rounds N] [--only TEXT] [--alone]");
    return 2;
}
