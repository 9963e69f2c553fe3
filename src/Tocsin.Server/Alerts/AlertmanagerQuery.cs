using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Tocsin.Routing;

namespace Tocsin.Alerts;

/// <summary>Which alerts a reader of the Alertmanager API asks for.</summary>
/// <param name="Filter">All must match the alert.</param>
/// <param name="Receivers">All must match one of the alert's receivers, which has a single label, <c>name</c>.</param>
internal sealed record AlertmanagerQuery(bool Active, bool Silenced, bool Inhibited, bool Muted, IReadOnlyList<CompiledMatcher> Filter, IReadOnlyList<CompiledMatcher> Receivers)
{
    private const string Name = "name";

    public static Result<AlertmanagerQuery> Read(IQueryCollection query)
    {
        // Nothing is unprocessed here, so that switch is read and changes nothing.
        foreach (var name in (string[])["active", "silenced", "inhibited", "unprocessed", "muted"])
        {
            if (Switch(query[name]) is null)
            {
                return Error.Invalid(name, $"{name} must be true or false, not '{query[name]}'.");
            }
        }

        var (filter, receivers) = (Matchers(query["filter"]), Matchers(query["receiver_matchers"]));
        if (!filter.Ok)
        {
            return filter.Error;
        }

        if (!receivers.Ok)
        {
            return receivers.Error;
        }

        List<CompiledMatcher> wanted = [.. receivers.Value];
        if (query["receiver"].ToString() is { Length: > 0 } pattern)
        {
            var receiver = CompiledMatcher.Compile(new(Name, MatchOp.Regex, pattern));
            if (!receiver.Ok)
            {
                return receiver.Error;
            }

            wanted.Add(receiver.Value);
        }

        return new AlertmanagerQuery(
            Switch(query["active"])!.Value, Switch(query["silenced"])!.Value, Switch(query["inhibited"])!.Value, Switch(query["muted"])!.Value, filter.Value, wanted);
    }

    /// <summary>Matchers as text, one or several in each.</summary>
    public static Result<IReadOnlyList<CompiledMatcher>> Matchers(StringValues texts)
    {
        List<CompiledMatcher> all = [];
        foreach (var text in texts)
        {
            var parsed = MatcherText.Parse(text ?? "");
            var compiled = parsed.Ok ? CompiledMatcher.CompileAll(parsed.Value) : parsed.Error;
            if (!compiled.Ok)
            {
                return compiled.Error;
            }

            all.AddRange(compiled.Value);
        }

        return all;
    }

    public bool Admits(in RouteSubject subject)
    {
        foreach (var matcher in Filter)
        {
            if (!matcher.IsMatch(subject))
            {
                return false;
            }
        }

        return true;
    }

    /// <param name="mute">What mutes the alert; null: nothing.</param>
    public bool AdmitsState(Mute? mute) => mute?.Kind switch
    {
        null => Active,
        MuteKind.Silence => Silenced,
        MuteKind.Maintenance => Muted,
        _ => Inhibited,
    };

    public bool AdmitsReceiver(string receiver) =>
        Receivers.Count == 0 || Receivers.All(matcher => matcher.IsMatch(new(LabelSet.Of((Name, receiver)), Severity.Unset, null, null, "")));

    private static bool? Switch(StringValues value) => value.ToString() switch
    {
        "" or "true" or "1" => true,
        "false" or "0" => false,
        _ => null,
    };
}
