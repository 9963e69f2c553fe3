using System.Text;
using Tocsin.Alerts;
using Tocsin.Data;
using Tocsin.Estate;
using Tocsin.Incidents;
using Tocsin.OnCall;
using Tocsin.Providers;
using Tocsin.Sdk;

namespace Tocsin.Routing;

/// <summary>Answers every "why?" of routing and paging, for each surface: what would happen, what happened, and why somebody was not paged.</summary>
internal sealed class ExplainDesk(
    Database database, Explainer explainer, AbsenceExplainer absences, AlertSourceRegistry providers, AlertStore alerts, IncidentStore incidents, Mutes mutes, TimeProvider clock)
{
    private const int MostMutes = 50;
    private const int MostPayload = 1024 * 1024;

    public async Task<Result<Explanation>> ExplainAsync(EstateSnapshot estate, ExplainRequest request, CancellationToken ct)
    {
        var at = request.At?.ToUniversalTime() ?? clock.GetUtcNow();
        if (at.Year is < 1970 or > 9000)
        {
            return Error.Invalid("at", "Ask for an instant of the years 1970 to 9000.");
        }

        if (request.User is { } user && !estate.Model.Users.ContainsKey(user))
        {
            return Error.NotFound("user", user);
        }

        if (request.Incident is { } number)
        {
            return await OfIncidentAsync(estate, number, request.User, ct);
        }

        if (request is { Alert: null, Labels: null, Payload: null, User: { } asked } && request.From is { } from)
        {
            var to = request.To?.ToUniversalTime() ?? clock.GetUtcNow();
            return from >= to
                ? Error.Invalid("to", "The span must end after it begins.")
                : Empty() with { Absences = await absences.OfSpanAsync(estate, from.ToUniversalTime(), to, asked, ct) };
        }

        var read = await ReadAsync(estate, request, at, ct);
        if (!read.Ok)
        {
            return read.Error;
        }

        var (subject, alert, row) = read.Value;
        var explanation = await explainer.ExplainAsync(estate, subject, at, ct);
        explanation = await WithCalendarsAsync(estate, explanation, ct);
        var checks = await MutesAsync(estate, subject, row, at, ct);
        explanation = explanation with
        {
            At = at,
            Alert = alert,
            Mutes = checks,
            SilencedBy = estate.SilenceOf(subject, at)?.Id,
        };
        return explanation with
        {
            Absences = request.User is not { } who ? []
                : row is not null ? await absences.OfAlertAsync(estate, row.Id, who, clock.GetUtcNow(), ct) ?? []
                : [.. WouldBe(estate, explanation, who)],
            Test = ExplainTest.Write(explanation),
        };
    }

    private async Task<Result<Explanation>> OfIncidentAsync(EstateSnapshot estate, long number, string? user, CancellationToken ct)
    {
        if (await database.ReadAsync(session => incidents.FindAsync(session, estate.Workspace, number), ct) is not { } state)
        {
            return Error.NotFound("incident", number.ToString());
        }

        var recorded = explainer.Recorded(estate, state);
        return user is null ? recorded : recorded with { Absences = await absences.OfIncidentAsync(estate, number, user, ct) ?? [] };
    }

    /// <summary>Says of each answer that comes from another program's calendar when that was read.</summary>
    private async Task<Explanation> WithCalendarsAsync(EstateSnapshot estate, Explanation explanation, CancellationToken ct)
    {
        Dictionary<string, (string Because, string ReadAt)> read = new(StringComparer.Ordinal);
        List<string> warnings = [];
        foreach (var target in explanation.Destinations.SelectMany(d => d.Steps).Select(s => s.Target).Distinct(StringComparer.Ordinal))
        {
            if (Escalation.Target.TryParse(target, out var named) && named.Kind == Escalation.TargetKind.Schedule && estate.Model.Schedules.GetValueOrDefault(named.Name)?.Calendar is { } calendar)
            {
                var copy = await database.ReadAsync(session => CalendarStore.FindAsync(session, estate.Workspace, CalendarLinks.OfSchedule, named.Name), ct);
                read[target] = (calendar.Because, copy?.ReadAt is { } at ? $", read {Instant(at)}" : ", not read yet");
                if (copy?.Fault is { } fault)
                {
                    warnings.Add($"The calendar of schedule {named.Name} cannot be read now: {fault}");
                }
            }
        }

        return read.Count == 0 ? explanation : explanation with
        {
            Destinations = [.. explanation.Destinations.Select(d => d with
            {
                Steps = [.. d.Steps.Select(s => read.TryGetValue(s.Target, out var known) ? s with { Because = s.Because.Replace(known.Because, known.Because + known.ReadAt, StringComparison.Ordinal) } : s)],
            })],
            Warnings = [.. explanation.Warnings, .. warnings],
        };
    }

    private static Explanation Empty() => new(Recorded: true, [], [], null, []);

    private async Task<Result<Asked>> ReadAsync(EstateSnapshot estate, ExplainRequest request, DateTimeOffset at, CancellationToken ct)
    {
        if (request.Alert is { } id)
        {
            return await database.ReadAsync(session => alerts.FindAsync(session, estate.Workspace, id), ct) is { } row
                ? new Asked(AlertIntake.SubjectOf(row), OfRow(estate, row), row)
                : Error.NotFound("alert", id.ToString());
        }

        if (request.Payload is { } payload)
        {
            return ReadPayload(estate, payload, request.Source, at);
        }

        if (request.Labels is not { Count: > 0 } labels)
        {
            return Error.Invalid("labels", "Send the labels of an alert ('labels'), a payload with its source ('payload', 'source'), the number of an alert ('alert') or of an incident ('incident').");
        }

        if (labels.FirstOrDefault(l => l.Value is null) is { Key: { } empty })
        {
            return Error.Invalid($"labels.{empty}", "The value of a label must be text.");
        }

        var set = LabelSet.From(labels);
        var subject = Explainer.SubjectOf(set);
        return new Asked(subject, Of(null, subject, set["alertname"], Hints(set, subject, stated: SeverityWords.Read(set["severity"]) != Severity.Unset)), null);
    }

    private Result<Asked> ReadPayload(EstateSnapshot estate, string payload, string? name, DateTimeOffset at)
    {
        if (name is null || payload.Length > MostPayload)
        {
            return name is null
                ? Error.Invalid("source", "Name the source that would receive the payload, or a provider such as grafana or alertmanager.")
                : Error.Invalid("payload", "The payload has more than a megabyte.");
        }

        var source = estate.Model.Sources.GetValueOrDefault(name) ?? new Source(name, name, "");
        if (providers.Find(source.Type) is not { } provider)
        {
            return Error.Invalid("source", $"There is neither a source nor a provider '{name}'.");
        }

        var parsed = provider.Parse(new(Encoding.UTF8.GetBytes(payload), static _ => "", source, at));
        if (!parsed.Ok)
        {
            return Error.Invalid("payload", $"{provider.Info.Name} cannot read it: {parsed.Error.Detail}");
        }

        if (parsed.Value.Signals is not [var signal, ..])
        {
            return Error.Invalid("payload", parsed.Value.Rejected is [var bad, ..] ? $"It has no alert that can be read; {bad.Path}: {bad.Reason}" : "It has no alert.");
        }

        var subject = RouteSubject.Of(signal, source);
        List<string> notes = [.. Hints(signal.Labels, subject, stated: signal.Severity != Severity.Unset), .. signal.Warnings];
        if (parsed.Value.Note is { } note)
        {
            notes.Add(note);
        }

        if (signal.Status != SignalStatus.Firing)
        {
            notes.Add($"It says {signal.Status.ToString().ToLowerInvariant()}; what follows is what would happen if it fired.");
        }

        if (parsed.Value.Signals.Count + parsed.Value.Rejected.Count > 1)
        {
            notes.Add($"This is the first of {parsed.Value.Signals.Count} alerts in it{(parsed.Value.Rejected.Count > 0 ? $"; {parsed.Value.Rejected.Count} cannot be read" : "")}.");
        }

        return new Asked(subject, Of(provider.Info.Name, subject, signal.Title, notes), null);
    }

    private ExplainAlert OfRow(EstateSnapshot estate, AlertRow row)
    {
        var subject = AlertIntake.SubjectOf(row);
        return Of(providers.Find(estate.Source(row.Document.Source).Type)?.Info.Name, subject, row.Document.Title, Hints(subject.Labels, subject, stated: true));
    }

    private static ExplainAlert Of(string? adapter, RouteSubject subject, string title, IEnumerable<string> notes) => new(
        adapter, subject.Source.Length > 0 ? subject.Source : null, title, subject.Severity.Word(), subject.Service, subject.Environment,
        subject.Labels.ToDictionary(StringComparer.Ordinal), [.. notes]);

    private static IEnumerable<string> Hints(LabelSet labels, RouteSubject subject, bool stated)
    {
        var word = labels["severity"];
        yield return !stated ? $"no severity is stated: {subject.Severity.Word()} applies"
            : word.Length > 0 ? $"severity {subject.Severity.Word()} from label severity=\"{word}\""
            : $"severity {subject.Severity.Word()} from the payload";
        if (subject.Service is { Length: > 0 } service)
        {
            yield return $"service {service} from {From(labels, service, "service", "service_name", "service.name", "app", "job")}";
        }

        if (subject.Environment is { Length: > 0 } environment)
        {
            yield return $"environment {environment} from {From(labels, environment, "env", "environment", "deployment.environment.name")}";
        }
    }

    private static string From(LabelSet labels, string value, params string[] names) =>
        names.FirstOrDefault(name => labels[name] == value) is { } name ? $"label {name}" : "the payload";

    private async Task<IReadOnlyList<ExplainMute>> MutesAsync(EstateSnapshot estate, RouteSubject subject, AlertRow? row, DateTimeOffset at, CancellationToken ct)
    {
        List<ExplainMute> checks = [];
        var muting = estate.SilenceOf(subject, at);
        foreach (var check in estate.Silences.Explain(subject, at))
        {
            var kind = check.Silence.Kind.ToString().ToLowerInvariant();
            checks.Add(
                check is { Failed: null, Now: { } now } ? new(kind, check.Silence.Id, true, $"until {Instant(now.To)}: {check.Silence.Comment}")
                : check.Silence.Id == muting?.Id ? new(kind, check.Silence.Id, true, $"through the service of its route: {check.Silence.Comment}")
                : new(kind, check.Silence.Id, false, check.Failed is { } failed ? failed.ToString() : NotNow(check.Silence, at)));
        }

        foreach (var rule in await mutes.ExplainAsync(estate, subject, row?.Id, ct))
        {
            checks.Add(rule);
        }

        return [.. checks.OrderBy(c => c.Mutes ? 0 : 1).Take(MostMutes)];
    }

    private static string NotNow(Silence silence, DateTimeOffset at) =>
        at >= silence.EndsAt ? $"ended {Instant(silence.EndsAt)}"
        : SilenceSet.NowOrNext(silence, at) is { } next ? $"not then; next from {Instant(next.From)} to {Instant(next.To)}"
        : "not then";

    private static string Instant(DateTimeOffset at) => at >= Silence.Always ? "further notice" : $"{at:yyyy-MM-dd HH:mm} UTC";

    /// <summary>Why somebody would not be paged for an alert that might come.</summary>
    private static IEnumerable<Absence> WouldBe(EstateSnapshot estate, Explanation explanation, string user)
    {
        var people = new AbsenceExplainer.Membership(estate.Model);
        if (explanation.Mutes.FirstOrDefault(m => m.Mutes) is { } mute)
        {
            yield return new(AbsenceExplainer.Muted, $"{mute.Kind} {mute.Name} would mute it: {mute.Reason}");
        }

        foreach (var destination in explanation.Destinations)
        {
            var own = destination.Steps.Where(s => s.Pages.Any(p => p.RecipientKind == "user" && p.Recipient == user)).ToArray();
            if (own.Length > 0)
            {
                var first = own[0].Pages.First(p => p.Recipient == user);
                yield return new(
                    destination.JoinsIncident is null ? AbsenceExplainer.Paged : AbsenceExplainer.Waiting,
                    destination.JoinsIncident is { } open
                        ? $"it would join the open incident #{open}, for which nobody is paged anew"
                        : $"step {own[0].Step} of policy {destination.Policy} would page {user} by {first.Method} after {IncidentDecider.Text(TimeSpan.FromSeconds(first.AfterSeconds))}, unless somebody answers first{(first.Held is { } held ? $": {held}" : "")}");
                continue;
            }

            if (destination.Steps.Count == 0)
            {
                yield return new(AbsenceExplainer.NotRouted, $"route {destination.Route} leads to policy {destination.Policy}, which pages nobody");
                continue;
            }

            var steps = destination.Steps.Where(s => Escalation.Target.TryParse(s.Target, out var target) && people.Way(target, user) is not null).ToArray();
            yield return steps.Length == 0
                ? new(AbsenceExplainer.NotNamed, $"no step of policy {destination.Policy} (by route {destination.Route}) calls {user}")
                : steps[0].Skipped ? new(AbsenceExplainer.Skipped, $"step {steps[0].Step} of policy {destination.Policy} {steps[0].Because}")
                : steps[0].Pages.Count > 0
                    ? new(AbsenceExplainer.NotOnCall, $"step {steps[0].Step} of policy {destination.Policy} would call {string.Join(", ", steps[0].Pages.Select(p => p.Recipient).Distinct(StringComparer.Ordinal))} then: {steps[0].Because}")
                    : new(AbsenceExplainer.Unreachable, $"step {steps[0].Step} of policy {destination.Policy} would reach nobody: {steps[0].Because}");
        }
    }

    /// <param name="Row">The stored alert; null: it might come.</param>
    private sealed record Asked(RouteSubject Subject, ExplainAlert Alert, AlertRow? Row);
}
