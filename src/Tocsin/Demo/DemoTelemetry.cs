using Tocsin.Data;
using Tocsin.Demo.Faults;
using Tocsin.Telemetry;

namespace Tocsin.Demo;

/// <summary>
/// Logs and metrics of the demo's shop, up to the moment at which it starts: two lines a second for two hours, with a trouble of a quarter of an hour in them that
/// is over.
/// </summary>
internal sealed class DemoTelemetry(LogIntake logs, MetricIntake metrics, TemplateStore templates, TimeProvider clock, long workspace)
{
    private const int Seed = 20_261_121;
    private const int LinesPerSecond = 2;
    private const int MostLines = 1_000;

    private static readonly TimeSpan Before = TimeSpan.FromHours(2);
    private static readonly TimeSpan TroubleAfter = TimeSpan.FromMinutes(70);
    private static readonly TimeSpan TroubleLasts = TimeSpan.FromMinutes(15);
    private static readonly FaultCase Trouble = FaultCase.Find("service")!;

    private readonly List<LogLine> _lines = [];
    private readonly List<MetricSample> _samples = [];

    /// <summary>Stores what is missing up to now. It is done before anybody looks, so that nothing of it comes after the demo was removed.</summary>
    /// <exception cref="StoreUnavailableException">The store is away.</exception>
    public async Task TellAsync(CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var start = await StartAsync(now, ct);
        var calm = new FaultStory(Seed, [], start, TimeSpan.Zero, LinesPerSecond);
        var trouble = new FaultStory(Seed, [Trouble], start + TroubleAfter, TimeSpan.Zero, LinesPerSecond);
        var (from, to) = ((long)TroubleAfter.TotalSeconds, (long)(TroubleAfter + TroubleLasts).TotalSeconds);
        for (var second = 0L; start.AddSeconds(second + 1) <= now; second++)
        {
            var isTrouble = second >= from && second < to;
            _lines.AddRange(isTrouble ? calm.Lines(second).Concat(trouble.Lines(second - from).Where(l => l.Service == Trouble.Service)).OrderBy(l => l.At) : calm.Lines(second));
            var figures = isTrouble ? calm.Figures(second).Where(f => f.Service != Trouble.Service).Concat(trouble.Figures(second - from).Where(f => f.Service == Trouble.Service)) : calm.Figures(second);
            _samples.AddRange(figures.SelectMany(f => f.Metrics.Select(m => new MetricSample(m.Name, f.At, m.Value) { Service = f.Service, Unit = m.Unit })));
            if (_lines.Count >= MostLines)
            {
                await StoreAsync(ct);
            }
        }

        await StoreAsync(ct);
    }

    /// <summary>Two hours ago, or where it ended when the demo was stopped.</summary>
    private async Task<DateTimeOffset> StartAsync(DateTimeOffset now, CancellationToken ct)
    {
        var told = (await templates.ListAsync(workspace, null, ct)).Select(t => t.LastSeenAt.AddSeconds(1)).DefaultIfEmpty(now - Before).Max();
        var start = told > now - Before ? told : now - Before;
        return start.AddTicks(-(start.UtcTicks % TimeSpan.TicksPerSecond));
    }

    private async Task StoreAsync(CancellationToken ct)
    {
        await logs.StoreAsync(workspace, [.. _lines], ct);
        await metrics.StoreAsync(workspace, [.. _samples], ct);
        _lines.Clear();
        _samples.Clear();
    }
}
