using Microsoft.Extensions.Options;
using Tocsin.Data;
using Tocsin.Estate;
using Tocsin.Hosting;
using Tocsin.Operations;
using Tocsin.Sdk;
using Tocsin.Telemetry;

namespace Tocsin.Incidents;

/// <summary>How the installation does, as a client of the reliability assistant asks: each part is looked at, none is said by heart.</summary>
internal sealed class StatusDesk(Database database, IncidentStore incidents, Readiness readiness, TelemetryFigures telemetry, ModelStatus model, TimeProvider clock)
{
    private const int MostOpen = 500;

    /// <summary>The rules look each minute.</summary>
    private static readonly TimeSpan _rulesWithin = TimeSpan.FromMinutes(5);

    public async Task<AssistantStatus> ReadAsync(EstateSnapshot estate, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        try
        {
            var (open, rules) = await database.ReadAsync(
                async session => (
                    await incidents.ListAsync(session, estate.Workspace, open: true, null, long.MaxValue, MostOpen),
                    await session.FirstAsync("SELECT turned_at FROM detection WHERE workspace_id = @workspace", static row => row.NullableInstant(0), ("workspace", estate.Workspace))),
                ct);
            var active = open.Find(i => i.Status != IncidentStatus.Snoozed);
            return Of(
                estate, readiness.Check() is not null ? "degraded" : active is null ? "operational" : "incident", now, active, connected: true,
                await telemetry.BufferAsync(estate.Workspace, now, ct), await telemetry.TrendAsync(estate.Workspace, ct), await model.ReadAsync(estate, now, ct), rules > now - _rulesWithin);
        }
        catch (StoreUnavailableException)
        {
            return Of(estate, "degraded", now, null, connected: false, new(0, 0, 0), new("unknown", 0, 0), model.WithoutStore, rulesLook: false);
        }
    }

    private static AssistantStatus Of(EstateSnapshot estate, string word, DateTimeOffset now, IncidentState? active, bool connected, AssistantBuffer buffer, AssistantTrend trend, (AssistantModel View, bool IsWatsonx, bool Looks) model, bool rulesLook) => new(
        word, BuildInfo.Version, DetailAnswer.Time(now), active is null ? null : AssistantWords.Id(active.Number), trend, connected, model.IsWatsonx,
        estate.Model.Channels.Values.Any(c => c.Type == "slack") || estate.Model.Users.Values.Any(u => u.Contact.Any(c => c.Type == "slack")), rulesLook || model.Looks, buffer, model.View);
}

/// <summary>What the model beside the rules is, has spent, and last said.</summary>
internal sealed class ModelStatus(Database database, ModelBudget budget, ReviewStore reviews, IOptions<AiOptions> options)
{
    public (AssistantModel View, bool IsWatsonx, bool Looks) WithoutStore => (
        new(options.Value.IsConfigured, options.Value.IsConfigured ? options.Value.Name : null, 0, options.Value.CallsPerHour, 0, options.Value.TokensPerDay, null, null), options.Value.InUse == AiProvider.Watsonx, false);

    public async Task<(AssistantModel View, bool IsWatsonx, bool Looks)> ReadAsync(EstateSnapshot estate, DateTimeOffset now, CancellationToken ct)
    {
        var (spent, state) = await database.ReadAsync(async session => (await budget.ReadAsync(session, estate.Workspace), await reviews.StateAsync(session, estate.Workspace)), ct);
        return WithoutStore with
        {
            View = WithoutStore.View with
            {
                CallsThisHour = spent.CallsThisHour,
                TokensToday = spent.TokensToday,
                LastLookAt = state.ReviewedAt is { } at ? DetailAnswer.Time(at) : null,
                LastOutcome = state.Outcome,
            },
            Looks = options.Value.IsConfigured && state.ReviewedAt > now - (options.Value.Every * 2),
        };
    }
}
