namespace Tocsin.Escalation;

public enum TargetKind
{
    User,
    Schedule,
    Team,
    Channel,
}

/// <summary>Whom a step notifies; written <c>schedule:payments-primary</c>.</summary>
public readonly record struct Target(TargetKind Kind, string Name)
{
    public override string ToString() => $"{Kind.ToString().ToLowerInvariant()}:{Name}";

    /// <summary>Reads <c>kind:name</c>; false if the kind is unknown or the name is empty.</summary>
    public static bool TryParse(string text, out Target target)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon > 0 && colon < text.Length - 1
            && Enum.TryParse<TargetKind>(text.AsSpan(0, colon), ignoreCase: true, out var kind) && Enum.IsDefined(kind)
            && !char.IsAsciiDigit(text[0]))
        {
            target = new(kind, text[(colon + 1)..].Trim());
            return true;
        }

        target = default;
        return false;
    }
}

/// <param name="Wait">How long to wait for somebody before the next step. 0 to 24 h.</param>
public sealed record PolicyStep(IReadOnlyList<Target> Notify, TimeSpan Wait);

/// <param name="Repeat">How often the steps are run again when nobody answered. 0 to 100; rounds = repeat + 1.</param>
/// <param name="Steps">At least one.</param>
public sealed record Policy(string Name, IReadOnlyList<PolicyStep> Steps, int Repeat)
{
    public int Rounds => Repeat + 1;
}
