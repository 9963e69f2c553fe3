using Tocsin.Escalation;
using Tocsin.OnCall;
using Tocsin.Routing;

namespace Tocsin.Estate;

/// <summary>A page to a person that would be due.</summary>
/// <param name="After">Time since the escalation began.</param>
/// <param name="Method">What it comes by.</param>
public sealed record ForeseenPage(string User, TimeSpan After, Notify.ContactMethod Method);

/// <summary>Whom a step would reach.</summary>
/// <param name="After">When it begins, since the escalation did.</param>
/// <param name="Recipients">User names, and channels as <c>channel:NAME</c>.</param>
/// <param name="Because">How its targets led there, or why they led to nobody.</param>
public sealed record ForeseenStep(TimeSpan After, IReadOnlyList<string> Recipients, string Because);

/// <summary>
/// Whom the steps of a policy would reach, asked before anything happens. Compiles a schedule when it is first asked for; not for
/// several threads at once.
/// </summary>
public sealed class EstateReach
{
    private readonly EstateModel _model;
    private readonly Dictionary<string, CompiledSchedule> _schedules = new(StringComparer.Ordinal);
    private readonly Responders _responders;
    private readonly Responders _everOnCall;

    public EstateReach(EstateModel model)
    {
        _model = model;
        _responders = new(model, (schedule, at) => Schedule(schedule).At(at));
        _everOnCall = new(model, (schedule, _) => new(Everybody(model, model.Schedules[schedule]), null, "at some time"));
    }

    /// <exception cref="KeyNotFoundException">The model has no such schedule.</exception>
    public CompiledSchedule Schedule(string name)
    {
        if (!_schedules.TryGetValue(name, out var compiled))
        {
            _schedules[name] = compiled = OnCallCalendar.Compile(_model.Schedules[name]);
        }

        return compiled;
    }

    /// <summary>Whether the step can reach anybody, or a channel, at any time.</summary>
    public bool CanReach(PolicyStep step) => step.Notify.Any(target => _everOnCall.Resolve(target, Urgency.High, default).Recipients.Count > 0);

    /// <summary>
    /// The first page of a policy to a person when nobody answers; a step that reaches nobody falls through at once.
    /// Null when no step reaches a person. Of a team whose members take turns it is the first.
    /// </summary>
    /// <param name="priority">The alert's; null: none.</param>
    public ForeseenPage? FirstPage(Policy policy, Urgency urgency, string? priority, DateTimeOffset at)
    {
        var after = TimeSpan.Zero;
        for (var i = 0; i < policy.Steps.Count; i++)
        {
            var now = at + after;
            var reached = StepReach.Of(_responders, policy.Name, i, policy.Steps[i], urgency, priority, now).Recipients.Select(r => r.To).ToArray();
            if (reached.Where(r => r.Kind == RecipientKind.User).Select(r => (r.Name, At: r.DueAt(now, r.Rungs[0]), r.Rungs[0].Method)).OrderBy(r => r.At).FirstOrDefault() is { Name: { } name } first)
            {
                return new(name, first.At - at, first.Method);
            }

            after += reached.Length > 0 ? reached.Min(r => r.StartAt(now)) - now + policy.Steps[i].Wait : TimeSpan.Zero;
        }

        return null;
    }

    /// <summary>Whom each step would reach in the first round when nobody answers.</summary>
    public IReadOnlyList<ForeseenStep> Steps(Policy policy, Urgency urgency, DateTimeOffset at)
    {
        List<ForeseenStep> steps = [];
        var after = TimeSpan.Zero;
        foreach (var step in policy.Steps)
        {
            var reached = step.Notify.Select(target => _responders.Resolve(target, urgency, at + after)).ToArray();
            string[] recipients = [.. reached.SelectMany(r => r.Recipients).Select(r => r.Kind == RecipientKind.User ? r.Name : r.Id).Distinct(StringComparer.Ordinal)];
            steps.Add(new(after, recipients, string.Join("; ", reached.Select(r => r.Because))));
            after += recipients.Length > 0 ? step.Wait : TimeSpan.Zero;
        }

        return steps;
    }

    /// <summary>A calendar may name anybody.</summary>
    private static IReadOnlyList<string> Everybody(EstateModel model, Schedule schedule) =>
        schedule.Calendar is not null ? [.. model.Users.Keys] : [.. schedule.Rotations.SelectMany(rotation => rotation.InTurn()).SelectMany(users => users), .. schedule.Overrides.Select(o => o.User)];
}
