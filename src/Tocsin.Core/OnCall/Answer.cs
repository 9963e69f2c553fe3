namespace Tocsin.OnCall;

/// <summary>Who is on call and why, without when.</summary>
/// <param name="Overlap">Rotations of one priority put different people on call together.</param>
internal sealed record Answer(IReadOnlyList<string> Users, string Because, bool Overlap = false)
{
    public static Answer Nobody { get; } = new([], "no rotation covers this time");

    /// <summary>Several rotations at once.</summary>
    /// <param name="rotations">The names and the people of those that are on call; at least one.</param>
    public static Answer Of(IReadOnlyList<(string Name, IReadOnlyList<string> Users)> rotations)
    {
        string[] users = [.. rotations.SelectMany(r => r.Users).Distinct(StringComparer.Ordinal)];
        return new(users, Say([.. rotations.Select(r => r.Name)]), rotations.Any(r => r.Users.Distinct(StringComparer.Ordinal).Count() < users.Length));
    }

    /// <summary><c>rotation weekly</c>, <c>rotations days, nights</c>; of many the first ones.</summary>
    public static string Say(IReadOnlyList<string> rotations)
    {
        const int named = 3;
        var more = rotations.Count > named ? $" and {rotations.Count - named} more" : "";
        return $"{(rotations.Count == 1 ? "rotation" : "rotations")} {string.Join(", ", rotations.Take(named))}{more}";
    }

    /// <summary>Whether a reader could not tell the two apart; neighbours that are the same are one shift.</summary>
    public bool Same(Answer other) =>
        ReferenceEquals(this, other) || (Because == other.Because && Overlap == other.Overlap && Users.SequenceEqual(other.Users, StringComparer.Ordinal));
}
