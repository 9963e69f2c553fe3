using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using Tocsin.Alerts;
using Tocsin.Identity;
using Tocsin.Operations;

namespace Tocsin.Issues;

/// <summary>Counts what comes in and what becomes of it, by source and team. An event of several teams counts for each of them.</summary>
internal sealed class PipelineMeter(IOptions<PipelineOptions> options, IOptions<AccountOptions> accounts)
{
    /// <summary>Senders choose these names, and each is kept for good.</summary>
    private const int MostNames = 200;

    private const string Other = "other";

    private readonly bool _names = options.Value.NamesIn(accounts.Value);
    private readonly ConcurrentDictionary<string, bool> _sources = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> _teams = new(StringComparer.Ordinal);

    /// <param name="type">The source's type: what could not be read names neither source nor team.</param>
    /// <param name="outcome">accepted or duplicate: of what could be read.</param>
    public void Delivered(string type, IReadOnlyList<Signal> signals, int rejected, string outcome)
    {
        foreach (var signal in signals)
        {
            if (signal.Canonical is { } e)
            {
                foreach (var team in e.Teams)
                {
                    Instruments.PipelineEvents.Add(1, new("source", Known(_sources, e.Source)), new("team", TeamOf(team)), new("priority", $"P{e.Priority}"), new("outcome", outcome));
                }
            }
        }

        if (rejected > 0)
        {
            Instruments.PipelineEvents.Add(rejected, new("source", Known(_sources, type)), new("team", "unknown"), new("priority", "unknown"), new("outcome", "rejected"));
        }
    }

    public void Decided(CanonicalEvent e, string action) => Instruments.PipelineActions.Add(1, new("source", Known(_sources, e.Source)), new("action", action));

    public void Stepped(StepFact fact)
    {
        var source = Known(_sources, fact.Source);
        foreach (var team in fact.Teams)
        {
            Instruments.PipelineIssues.Add(1, new("source", source), new("team", TeamOf(team)), new("outcome", fact.Done ? "success" : "failure"));
        }

        if (fact.Latency is { } latency)
        {
            Instruments.PipelineLatency.Record(latency.TotalSeconds, new("source", source), new("step", fact.Step));
        }
    }

    private string TeamOf(string team) => _names ? Known(_teams, team) : "all";

    private static string Known(ConcurrentDictionary<string, bool> names, string name) =>
        names.ContainsKey(name) || (names.Count < MostNames && names.TryAdd(name, true)) ? name : Other;
}
