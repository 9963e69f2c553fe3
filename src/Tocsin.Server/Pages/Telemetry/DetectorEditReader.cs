using Tocsin.Data;
using Tocsin.Estate;
using Tocsin.Identity;
using Tocsin.Telemetry;

namespace Tocsin.Pages;

/// <summary>What the form of a detector shows beside what was typed.</summary>
internal sealed class DetectorEditReader(DetectorDesk desk, ServiceDesk services, MetricQuery metrics, EstateProviders providers)
{
    private static readonly TimeSpan _look = TimeSpan.FromMinutes(5);

    public Task<IReadOnlyList<string>> ServicesAsync(long workspace, CancellationToken ct) =>
        ReadAsync<IReadOnlyList<string>>(async () => [.. (await services.ListAsync(workspace, ct)).Select(s => s.Name).Where(s => s.Length > 0).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)], []);

    /// <param name="most">Names are gathered from so many series.</param>
    public Task<IReadOnlyList<string>> MetricsAsync(long workspace, int most, CancellationToken ct) =>
        ReadAsync<IReadOnlyList<string>>(async () => [.. (await metrics.SeriesAsync(workspace, new(), most, ct)).Select(s => s.Name).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)], []);

    /// <summary>What a rule means, tried as if it were on.</summary>
    public async Task<DetectorOutlookModel> OutlookAsync(PageRequest page, DetectorRule rule, int days, IReadOnlyList<string> edits, CancellationToken ct)
    {
        var back = await ReadAsync<LookBack?>(async () => await desk.LookBackAsync(page.Workspace, rule with { Enabled = true }, days, ct), null);
        return new(DetectorWords.Of(rule), edits, back?.Preview, [.. back?.Drawn.Select(ChartOf) ?? []]) { Rule = rule };
    }

    // What is wrong with the store of logs and metrics keeps nobody from changing a detector, and takes nothing that was typed.
    private static async Task<T> ReadAsync<T>(Func<Task<T>> read, T none)
    {
        try
        {
            return await read();
        }
        catch (StoreUnavailableException)
        {
            return none;
        }
    }

    /// <summary>A stored detector as the estate's file has it.</summary>
    public string Yaml(Caller caller, string name, EstateMap body) =>
        new EstateYaml(new(providers)).Write([new(caller.WorkspaceName, DetectorEditor.Kind, name, body, null, DetectorEditor.Kind)]);

    private static LookBackChart ChartOf(LookedAt seen) => new(
        seen.Says.Split(' ', ',')[0].Contains('_', StringComparison.Ordinal) ? seen.Says : Words.Sentence(seen.Says), seen.Unit, seen.Limits,
        [.. seen.Lines.Select((line, i) => new ChartLine(line.Name, ChartLine.Look(i), ChartLine.GapOf(line.Points, _look), line.Points))])
    {
        Told = seen.Told,
    };
}
