using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Tocsin.Telemetry;

/// <summary>What lines of one kind have in common. Its id is made from the service, the level and the template's first form, and never changes.</summary>
internal sealed class MinedTemplate
{
    private const int MostExample = 1_000;

    // A number that every reader of JSON can hold.
    private const long IdMask = (1L << 52) - 1;

    public MinedTemplate(string service, LineLevel level, IReadOnlyList<string> tokens, string example, DateTimeOffset at)
        : this(IdOf(service, level, tokens), service, level, tokens, example, at)
    {
    }

    public MinedTemplate(long id, string service, LineLevel level, IReadOnlyList<string> tokens, string example, DateTimeOffset firstSeenAt)
    {
        (Id, Service, Level, FirstSeenAt) = (id, service, level, firstSeenAt);
        Example = example.Length > MostExample ? example[..MostExample] : example;
        Tokens = [.. tokens];
    }

    public long Id { get; }

    public string Service { get; }

    public LineLevel Level { get; }

    public string Example { get; }

    public DateTimeOffset FirstSeenAt { get; private set; }

    public string[] Tokens { get; }

    /// <summary>As it is stored; <see cref="Parse"/> reads it.</summary>
    public string Stored => string.Join(TemplateToken.Separator, Tokens);

    public static string[] Parse(string stored) => stored.Split(TemplateToken.Separator);

    /// <summary>Whether this one stays when two turn out to be one: the same answer wherever it is asked.</summary>
    public bool ComesBefore(MinedTemplate other) =>
        FirstSeenAt != other.FirstSeenAt ? FirstSeenAt < other.FirstSeenAt : Id < other.Id;

    public void Widen(int at) => Tokens[at] = TemplateToken.Widened(Tokens[at]);

    public void SeenAlreadyAt(DateTimeOffset at) => FirstSeenAt = at < FirstSeenAt ? at : FirstSeenAt;

    private static long IdOf(string service, LineLevel level, IReadOnlyList<string> tokens)
    {
        var text = Encoding.UTF8.GetBytes($"{service}\0{(int)level}\0{string.Join(TemplateToken.Separator, tokens)}");
        return Math.Max(1, BinaryPrimitives.ReadInt64BigEndian(SHA256.HashData(text)) & IdMask);
    }
}
