using System.Globalization;

namespace Tocsin.Notify;

/// <summary>What is known of contact methods, in words: the same on pages, in messages, in the API and for the doctor.</summary>
internal static class ReachWords
{
    /// <summary>never, stale or good; stable.</summary>
    public static string Of(ProofState state) => state.ToString().ToLowerInvariant();

    /// <summary>Such as <c>worked on 3 Nov 2026 (test)</c> or <c>not confirmed since 3 Oct 2026</c>, by the person's calendar.</summary>
    public static string Says(ContactProof? proof, string? zone, DateTimeOffset now) => proof?.StateAt(now) switch
    {
        ProofState.Good => $"worked on {Day(proof.AnsweredAt!.Value, zone)} ({proof.AnsweredBy})",
        ProofState.Stale => $"not confirmed since {Day(proof.AnsweredAt!.Value, zone)}{Asked(proof, zone)}",
        _ => $"never confirmed{(proof is null ? "" : Asked(proof, zone))}",
    };

    /// <summary>Why a person might not be woken; null: nothing is known to be in the way.</summary>
    /// <param name="own">The person reads it themselves.</param>
    public static string? Warning(Person person, ProofBook proofs, DateTimeOffset now, bool own = false)
    {
        var whom = own ? "you" : person.Name;
        if (person.Disabled || person.Contact.Count == 0 || proofs.IsReachedByPhone(person, now))
        {
            return null;
        }

        var phones = person.Contact.Where(proofs.Rings).ToArray();
        if (phones.Length == 0)
        {
            return $"Nobody can reach {whom} by phone: no contact method rings one.";
        }

        return $"Nobody can reach {whom} by phone: {string.Join(", ", phones.Select(m => $"{m.Name} {Says(proofs.Of(person.Name, m), person.TimeZone, now)}"))}. Send a test and answer it.";
    }

    private static string Asked(ContactProof proof, string? zone) => proof.AskedAt > (proof.AnsweredAt ?? DateTimeOffset.MinValue) ? $", test of {Day(proof.AskedAt.Value, zone)} not answered" : "";

    private static string Day(DateTimeOffset at, string? zone) =>
        TimeZoneInfo.ConvertTime(at, zone is not null && TimeZoneInfo.TryFindSystemTimeZoneById(zone, out var known) ? known : TimeZoneInfo.Utc).ToString("d MMM yyyy", CultureInfo.InvariantCulture);
}
