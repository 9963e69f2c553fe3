using System.Globalization;
using Tocsin.Load;

// tocsin-load ingest|latency|start|fanout|publish|logs|metrics|flood [--program PATH] [--database URL] [--rounds N] [--only TEXT] [--alone] [--subscribers N,N] [--seconds N]
string? Option(string name) => Array.IndexOf(args, name) is var at and >= 0 && at + 1 < args.Length ? args[at + 1] : null;

var rounds = int.Parse(Option("--rounds") ?? "3", CultureInfo.InvariantCulture);
var command = $"bench/run {string.Join(' ', args.Where(a => a != Option("--program") && a != "--program"))}";
var (program, database, alone) = (Option("--program"), Option("--database"), args.Contains("--alone"));
if (args.FirstOrDefault() == "logs")
{
    // What it is compared with does not run here: the figures to meet stand beside it in docs/contribute/figures.md.
    var measured = program ?? throw new InvalidOperationException("logs measures the product; name it with --program.");
    Table.Origin(command, [("Tocsin", Target.FirstLine(measured, "version"))]);
    return await Logs.RunAsync(measured, database, rounds);
}

if (args.FirstOrDefault() == "metrics")
{
    List<MetricTarget> metrics = alone ? [] : [new VictoriaMetrics()];
    if (program is not null)
    {
        metrics.AddRange([new TocsinMetrics(program, database, isOtlp: false), new TocsinMetrics(program, database, isOtlp: true)]);
    }

    Table.Origin(command, metrics.Select(t => (t.Name, t.Version())));
    return await Metrics.RunAsync([.. metrics], rounds, Option("--only") is { } only ? int.Parse(only, CultureInfo.InvariantCulture) : null);
}

if (args.FirstOrDefault() == "flood")
{
    var flooded = program ?? throw new InvalidOperationException("flood measures the product; name it with --program.");
    Table.Origin(command, [("Tocsin", Target.FirstLine(flooded, "version"))]);
    return await Flood.RunAsync(flooded, database, TimeSpan.FromSeconds(int.Parse(Option("--seconds") ?? "120", CultureInfo.InvariantCulture)));
}

if (args.FirstOrDefault() is "fanout" or "publish")
{
    List<FanoutTarget> fanout = alone ? [] : [new NchanFanout(), new RedisFanout()];
    if (program is not null)
    {
        fanout.Add(new TocsinFanout(program, database));
    }

    Table.Origin(command, fanout.Select(t => (t.Name, t.Version())));
    if (args[0] == "publish")
    {
        return await Publishing.RunAsync([.. fanout], rounds);
    }

    var subscribers = (Option("--subscribers") ?? "100,1000,5000").Split(',').Select(n => int.Parse(n, CultureInfo.InvariantCulture));
    return await Fanout.RunAsync([.. fanout], rounds, [.. subscribers]);
}

List<Target> targets = alone ? [] : [new AlertmanagerTarget()];
if (program is not null)
{
    targets.Add(new TocsinTarget(program, database));
}

Table.Origin(command, targets.Select(t => (t.Name, t.Version())));
return args.FirstOrDefault() switch
{
    "ingest" => await Ingest.RunAsync([.. targets], rounds, Option("--only")),
    "latency" => await Latency.RunAsync([.. targets], rounds, Option("--only")),
    "start" => await Start.RunAsync([.. targets], rounds),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("usage: tocsin-load ingest|latency|start|fanout|publish|logs|metrics|flood [--program PATH] [--database URL] [--rounds N] [--only TEXT] [--alone] [--subscribers N,N] [--seconds N]");
    return 2;
}
