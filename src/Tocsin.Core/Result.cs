using System.Diagnostics.CodeAnalysis;

namespace Tocsin;

/// <summary>Which of the documented kinds a refusal is; the HTTP edge maps each to one status code.</summary>
public enum ErrorKind
{
    Invalid,
    NotFound,
    Conflict,
    Forbidden,

    /// <summary>The same request is good later: there were too many of its kind just now.</summary>
    TooMany,
    Unavailable,
}

/// <summary>A refusal the caller can act on. Bugs and broken infrastructure are exceptions, not errors.</summary>
/// <param name="Code">Stable, dotted, documented: <c>incident.not_found</c>. Clients switch on it.</param>
/// <param name="Detail">One sentence for a person: what was wrong and what to do. Crosses the wire; never a secret.</param>
/// <param name="Field">The input that is at fault, if it is one.</param>
public sealed record Error(ErrorKind Kind, string Code, string Detail, string? Field = null)
{
    public static Error NotFound(string what, string id) => new(ErrorKind.NotFound, $"{what}.not_found", $"There is no {what} '{id}'.");

    public static Error Invalid(string field, string detail) => new(ErrorKind.Invalid, "request.invalid", detail, field);

    public static Error Conflict(string code, string detail) => new(ErrorKind.Conflict, code, detail);

    public static Error Forbidden(string detail) => new(ErrorKind.Forbidden, "request.forbidden", detail);

    public static Error TooMany(string code, string detail) => new(ErrorKind.TooMany, code, detail);

    public static Error Unavailable(string detail) => new(ErrorKind.Unavailable, "service.unavailable", detail);
}

/// <summary>Either a value or a refusal; converts from both.</summary>
public readonly record struct Result<T>
{
    private Result(T? value, Error? error) => (Value, Error) = (value, error);

    public T? Value { get; }

    public Error? Error { get; }

    [MemberNotNullWhen(true, nameof(Value))]
    [MemberNotNullWhen(false, nameof(Error))]
    public bool Ok => Error is null;

    public static implicit operator Result<T>(T value) => new(value, null);

    public static implicit operator Result<T>(Error error) => new(default, error);
}
