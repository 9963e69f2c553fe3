using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Tocsin.Alerts;
using Tocsin.Escalation;
using Tocsin.Estate;
using Tocsin.Routing;
using Route = Tocsin.Routing.Route;

namespace Tocsin.Pages;

internal static class RoutingPageEndpoints
{
    public static void MapRoutingPages(this RouteGroupBuilder pages)
    {
        pages.MapGet("/routing", Show);
        pages.MapGet("/routing/explain", Explain);
    }

    private static async Task<IResult> Show(HttpContext http, FrameFactory frames, CancellationToken ct)
    {
        var page = await frames.OpenAsync(http, ct);
        var policies = page.Estate.Model.Policies.Values.OrderBy(p => p.Name, StringComparer.Ordinal).Select(p => Line(p, page));
        return new Rendered<RoutingPage, RoutingModel>(page.Frame, new(Node(page.Estate.Model.Route, isRoot: true), [.. policies]));
    }

    private static async Task<IResult> Explain(
        HttpContext http, FrameFactory frames, ExplainDesk desk, CancellationToken ct, string? labels = null, string? at = null, string? source = null, string? user = null)
    {
        var page = await frames.OpenAsync(http, ct);
        var model = new ExplainModel
        {
            Labels = labels,
            At = at,
            Source = source,
            Sources = [.. page.Estate.Model.Sources.Keys.Order(StringComparer.Ordinal)],
            User = string.IsNullOrEmpty(user) ? null : user,
            Users = [.. page.Estate.Model.Users.Keys.Order(StringComparer.Ordinal)],
        };
        Rendered<WhyPage, ExplainModel> Fault(string fault) => new(page.Frame, model with { Fault = fault });
        if (string.IsNullOrWhiteSpace(labels))
        {
            return new Rendered<WhyPage, ExplainModel>(page.Frame, model);
        }

        var instant = page.Now;
        if (!string.IsNullOrEmpty(at))
        {
            if (!DateTime.TryParse(at, CultureInfo.InvariantCulture, DateTimeStyles.None, out var local))
            {
                return Fault($"'{at}' is not a date and time, such as 2026-11-23T03:00.");
            }

            instant = page.Frame.Clock.Instant(DateTime.SpecifyKind(local, DateTimeKind.Unspecified));
        }

        var request = new Sdk.ExplainRequest(At: instant) { Source = string.IsNullOrEmpty(source) ? null : source, User = model.User };
        if (labels.TrimStart() is ['{' or '[', ..])
        {
            request = request with { Payload = labels };
        }
        else
        {
            var read = LabelText.Read(labels);
            if (!read.Ok)
            {
                return Fault(read.Error.Detail);
            }

            request = request with { Labels = read.Value.ToDictionary(StringComparer.Ordinal) };
        }

        var explanation = await desk.ExplainAsync(page.Estate, request, ct);
        return explanation.Ok
            ? new Rendered<WhyPage, ExplainModel>(page.Frame, model with { Explanation = explanation.Value, Started = instant })
            : Fault(explanation.Error.Detail);
    }

    private static RouteNode Node(Route route, bool isRoot)
    {
        List<string> decides = [];
        if (route.Policy is { } policy)
        {
            decides.Add(policy == Route.NoPolicy ? "pages nobody" : $"policy {policy}");
        }

        if (route.Urgency is { } urgency)
        {
            decides.Add($"{urgency.ToString().ToLowerInvariant()} urgency");
        }

        if (route.Issues is { } repository)
        {
            decides.Add(repository == Route.NoIssues ? "no issues" : $"issues in {repository}");
        }

        if (route.Service is { } service)
        {
            decides.Add($"service {service}");
        }

        if ((route.GroupBy ?? (isRoot ? Router.DefaultGroupBy : null)) is { } groupBy)
        {
            decides.Add(groupBy switch { ["..."] => "one incident for each alert", [] => "one incident for all", _ => $"groups by {string.Join(", ", groupBy)}" });
        }

        if (route.GroupWait is { } wait && wait > TimeSpan.Zero)
        {
            decides.Add($"waits {Words.Span(wait)} for more");
        }

        if (route.GroupInterval is { } interval)
        {
            decides.Add($"tells of new alerts every {Words.Span(interval)}");
        }

        return new(route.Name, [.. route.Match.Select(MatcherText.Format)], decides, route.Continue, [.. route.Routes.Select(r => Node(r, isRoot: false))]);
    }

    public static PolicyLine Line(Policy policy, PageRequest page)
    {
        List<PolicyStepLine> steps = [];
        var after = TimeSpan.Zero;
        foreach (var step in policy.Steps)
        {
            steps.Add(new(
                after == TimeSpan.Zero ? "at once" : $"after {Words.Span(after)}", Whom(step),
                OnCallPageEndpoints.Reached(page.Estate, step, page.Now)));
            after += step.Wait;
        }

        var again = policy.Repeat switch { 0 => "Then nobody else.", 1 => $"After {Words.Span(after)} once more from the start.", _ => $"After {Words.Span(after)} again from the start, {policy.Repeat} times more." };
        var old = policy.RepageAfter is { } rest ? $" When nothing happens for {Words.Span(rest)} after somebody acknowledged, they are reminded, and then it begins again." : "";
        return new(policy.Name, steps, $"{again} If nobody answers at all, the administrators are told.{old}");
    }

    private static string Whom(PolicyStep step)
    {
        var targets = Words.And([.. step.Notify.Select(t => $"{(step.RoundRobin && t.Kind == TargetKind.Team ? "one of team" : t.Kind.ToString().ToLowerInvariant())} {t.Name}")]);
        return step.When is { } when ? $"{targets}, only for {when}" : targets;
    }
}

/// <summary>Labels as people type them: <c>name=value</c>, one a line or with commas between; values may be quoted.</summary>
internal static class LabelText
{
    public static Result<LabelSet> Read(string text)
    {
        List<KeyValuePair<string, string>> pairs = [];
        foreach (var part in text.Split(['\n', ','], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0 || part[equals - 1] == '!' || (equals + 1 < part.Length && part[equals + 1] == '~'))
            {
                return Error.Invalid("labels", $"'{part}' is not a label; write name=value, such as service=checkout.");
            }

            pairs.Add(new(part[..equals].Trim(), part[(equals + 1)..].Trim().Trim('"')));
        }

        return pairs.Count > 0 ? LabelSet.From(pairs) : Error.Invalid("labels", "Write at least one label, such as service=checkout.");
    }
}
