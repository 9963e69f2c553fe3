namespace Tocsin.OnCall;

/// <summary>Who is on call and why, without when.</summary>
internal sealed record Answer(IReadOnlyList<string> Users, string Because)
{
    public static Answer Nobody { get; } = new([], "no rotation covers this time");

    /// <summary><c>rotation weekly</c>, <c>rotations days, nights</c>; of many the first ones.</summary>
    public static string Say(IReadOnlyList<string> rotations)
    {
        const int named = 3;
        var more = rotations.Count > named ? $" and {rotations.Count - named} more" : "";
        return $"{(rotations.Count == 1 ? "rotation" : "rotations")} {string.Join(", ", rotations.Take(named))}{more}";
    }

    /// <summary>Whether a reader could not tell the two apart; neighbours that are the same are one shift.</summary>
    public bool Same(Answer other) =>
        ReferenceEquals(this, other) || (Because == other.Because && Users.SequenceEqual(other.Users, StringComparer.Ordinal));
}
