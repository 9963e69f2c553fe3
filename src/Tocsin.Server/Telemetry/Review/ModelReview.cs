using Microsoft.Extensions.Options;
using Tocsin.Data;
using Tocsin.Estate;
using Tocsin.Identity;
using Tocsin.Incidents;
using Tocsin.Notify;
using Tocsin.Workspaces;

namespace Tocsin.Telemetry;

/// <summary>What one look at a workspace came to.</summary>
/// <param name="Sentence">For people: why nothing was asked, or what was found.</param>
/// <param name="Found">Anomalies, with the incident that each became part of.</param>
internal sealed record ReviewOutcome(string Sentence, IReadOnlyList<(ModelVerdict Verdict, string Service, long? Incident)> Found);

/// <summary>
/// Looks at the services of a workspace that give reason to, and asks the model about the worst of them. Services with an open incident are left alone: somebody
/// has been told. It never stands between the rules and an alert, and without it nothing is missing but its opinion.
/// </summary>
internal sealed class ModelReview(Database database, ServiceReader reader, ModelDesk model, VerdictDesk verdicts, ReviewParts parts, TimeProvider clock)
{
    private const int MostIncidents = 1_000;

    /// <summary>How long a service must be quiet until what the model saw is over.</summary>
    private static readonly TimeSpan _quiet = TimeSpan.FromMinutes(15);

    /// <summary>Whether a workspace may use the installation's account.</summary>
    public bool MayUse(EstateSnapshot estate) => model.IsConfigured && parts.Admits(estate.Model.Workspace);

    /// <summary>Looks once, now.</summary>
    /// <param name="askedBy"><c>system</c>, or who asked.</param>
    /// <exception cref="StoreUnavailableException">The store was away; what was found before is stored.</exception>
    public async Task<ReviewOutcome> LookAsync(EstateSnapshot estate, string askedBy, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var figures = await reader.SurveyAsync(estate.Workspace, now, ct);
        await EndQuietAsync(estate, now, ct);
        var open = await database.ReadAsync(session => parts.Incidents.ListAsync(session, estate.Workspace, open: true, null, long.MaxValue, MostIncidents), ct);
        var told = open.Select(i => i.Service ?? "").ToHashSet(StringComparer.Ordinal);
        var worst = ReviewChoice.Worst(figures.Where(f => !told.Contains(f.Service)), parts.ServicesAtOnce);
        var outcome = worst.Count == 0 ? new(WhyNothing(figures, told), []) : await AskAsync(estate, worst, askedBy, now, ct);
        await database.WriteAsync(tx => parts.Reviews.NoteAsync(tx, estate.Workspace, now, outcome.Sentence), ct);
        return outcome;
    }

    /// <summary>Asks about facts that somebody chose, and opens a finding whatever the model thinks of them: a person asked for it.</summary>
    public async Task<Result<(ModelVerdict Verdict, long? Incident)>> ForceAsync(EstateSnapshot estate, ReviewFacts facts, string askedBy, CancellationToken ct)
    {
        var judged = await model.JudgeAsync(estate.Workspace, facts, ct);
        if (!judged.Ok)
        {
            return judged.Error;
        }

        var verdict = judged.Value.IsAnomaly ? judged.Value : judged.Value with
        {
            Title = facts.Description.Length > 0 ? PlainText.OneLine(facts.Description, 200) : "Analysis asked for by hand",
            Summary = "The model sees no anomaly in what it was shown.",
            RootCause = "The model sees none.",
        };
        return (verdict, await verdicts.OpenAsync(estate, facts, verdict, askedBy, model.Name, clock.GetUtcNow(), ct));
    }

    private async Task<ReviewOutcome> AskAsync(EstateSnapshot estate, IReadOnlyList<ServiceFigures> worst, string askedBy, DateTimeOffset now, CancellationToken ct)
    {
        List<(ModelVerdict Verdict, string Service, long? Incident)> found = [];
        foreach (var figures in worst)
        {
            var facts = await reader.FactsAsync(estate.Workspace, figures.Service, now, ct);
            var judged = await model.JudgeAsync(estate.Workspace, facts, ct);
            if (!judged.Ok)
            {
                return new($"{Found(found, worst.Count)} {judged.Error.Detail}".TrimStart(), found);
            }

            if (judged.Value.IsAnomaly)
            {
                found.Add((judged.Value, figures.Service, await verdicts.OpenAsync(estate, facts, judged.Value, askedBy, model.Name, clock.GetUtcNow(), ct)));
            }
        }

        return new(Found(found, worst.Count), found);
    }

    private static string Found(List<(ModelVerdict Verdict, string Service, long? Incident)> found, int asked) => found.Count > 0
        ? $"The model sees an anomaly in {string.Join(", ", found.Select(f => f.Service.Length > 0 ? f.Service : "lines without a service"))}."
        : $"The model was asked about {(asked == 1 ? "one service" : $"up to {asked} services")} and sees no anomaly.";

    private static string WhyNothing(IReadOnlyList<ServiceFigures> figures, HashSet<string> told) =>
        figures.Count == 0 ? "Nothing was logged or measured in the last minutes; the model was not asked."
        : figures.Any(f => told.Contains(f.Service) && ReviewChoice.IsWorthIt(f)) ? "What gives reason to ask has an open incident already; the model was not asked."
        : "Nothing gives reason to ask; the model was not asked.";

    /// <summary>Ends what the model saw of services that are quiet again. Needs no model: one that is gone must leave nothing open behind.</summary>
    public async Task EndQuietAsync(EstateSnapshot estate, DateTimeOffset now, CancellationToken ct)
    {
        var open = await database.ReadAsync(session => parts.Reviews.OpenAsync(session, estate.Workspace, now - _quiet), ct);
        foreach (var (service, firstAt) in open)
        {
            async Task<ServiceFigures?> FiguresAsync(DateTimeOffset at) => (await reader.SurveyAsync(estate.Workspace, at, ct)).FirstOrDefault(f => f.Service == service);
            var usual = (await FiguresAsync(firstAt))?.UsualErrors ?? 0;

            // Each of the three spans of five minutes must be quiet.
            var quiet = true;
            for (var at = now; quiet && at > now - _quiet; at -= ServiceReader.Span)
            {
                quiet = await FiguresAsync(at) is not { } figures || ReviewChoice.IsQuiet(figures, usual);
            }

            if (quiet)
            {
                await verdicts.EndAsync(estate, service, now, ct);
            }
        }
    }
}

/// <summary>What the review reads, and the settings that bound it.</summary>
internal sealed class ReviewParts(ReviewStore reviews, IncidentStore incidents, IOptions<AiOptions> options, IOptions<AccountOptions> accounts)
{
    private readonly HashSet<string> _named = [.. options.Value.Workspaces.Split([',', ' '], StringSplitOptions.RemoveEmptyEntries)];

    public ReviewStore Reviews => reviews;

    public IncidentStore Incidents => incidents;

    public int ServicesAtOnce => options.Value.ServicesAtOnce;

    public bool Admits(string workspace) => _named.Count > 0
        ? _named.Contains(workspace)
        : accounts.Value.Registration != Registration.Open || workspace == WorkspaceStore.Default;
}
