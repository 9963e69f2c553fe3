using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Tocsin.Telemetry;

/// <summary>
/// Writes a JSON object of attributes within <see cref="TelemetryLimits.Attributes"/>: long texts are cut, what has no room is left out, which a last
/// member <c>_cut</c> says. One writer serves one entry after the other.
/// </summary>
internal sealed class AttributeWriter
{
    /// <summary>Kept free for what closes the object.</summary>
    private const int Reserve = 160;

    /// <summary>What must be left for another member.</summary>
    private const int Least = (LongestName * 3) + 200;

    private const int LongestName = TelemetryLimits.Name;

    private static readonly JsonWriterOptions _options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, MaxDepth = 1000, SkipValidation = true };

    private readonly ArrayBufferWriter<byte> _bytes = new();
    private readonly Utf8JsonWriter _json;
    private readonly int _limit;
    private bool _isOpen;
    private bool _isCut;

    /// <param name="limit">Bytes of an object.</param>
    public AttributeWriter(int limit = TelemetryLimits.Attributes) => (_json, _limit) = (new(_bytes, _options), limit);

    /// <summary>Bytes that are left.</summary>
    private int Room => _limit - Reserve - (int)_json.BytesCommitted - _json.BytesPending;

    public void Text(ReadOnlySpan<char> name, ReadOnlySpan<char> value)
    {
        if (TakesName(name) is { } room)
        {
            _json.WriteString(name, Fit(value, room));
        }
    }

    public void Text(string name, string value) => Text(name.AsSpan(), value.AsSpan());

    public void Number(ReadOnlySpan<char> name, long value)
    {
        if (TakesName(name) is not null)
        {
            _json.WriteNumber(name, value);
        }
    }

    public void Number(ReadOnlySpan<char> name, double value)
    {
        if (!double.IsFinite(value))
        {
            Text(name, value.ToString(System.Globalization.CultureInfo.InvariantCulture));
        }
        else if (TakesName(name) is not null)
        {
            _json.WriteNumber(name, value);
        }
    }

    public void Flag(ReadOnlySpan<char> name, bool value)
    {
        if (TakesName(name) is not null)
        {
            _json.WriteBoolean(name, value);
        }
    }

    /// <summary>A member whose value is JSON already.</summary>
    public void Raw(ReadOnlySpan<char> name, ReadOnlySpan<byte> json)
    {
        if (TakesName(name) is not { } room || room < json.Length)
        {
            _isCut = true;
            return;
        }

        _json.WritePropertyName(name);
        _json.WriteRawValue(json, skipInputValidation: true);
    }

    /// <returns>False: there was no room, and nothing was opened.</returns>
    public bool OpenObject(ReadOnlySpan<char> name)
    {
        if (TakesName(name) is null)
        {
            return false;
        }

        _json.WriteStartObject(name);
        return true;
    }

    public void CloseObject() => _json.WriteEndObject();

    /// <summary>The object as text, or nothing if nothing was written; the writer is ready for the next one.</summary>
    public string Take()
    {
        if (!_isOpen)
        {
            return "";
        }

        if (_isCut)
        {
            _json.WriteBoolean("_cut", true);
        }

        _json.WriteEndObject();
        _json.Flush();
        var text = Encoding.UTF8.GetString(_bytes.WrittenSpan);
        Clear();
        return text;
    }

    /// <summary>An object that a sender wrote, as it is if it fits and every text in it can be stored; else written anew.</summary>
    /// <param name="json">A JSON object, valid UTF-8.</param>
    public string Fit(ReadOnlySpan<byte> json)
    {
        if (json.Length <= _limit && !HoldsOddEscape(json))
        {
            return json is [(byte)'{', (byte)'}'] ? "" : Encoding.UTF8.GetString(json);
        }

        var reader = new Utf8JsonReader(json, new() { MaxDepth = SenderJson.MaxDepth + 1 });
        reader.Read();
        _json.WriteStartObject();
        _isOpen = true;
        Copy(ref reader);
        return Take();
    }

    /// <summary>Throws away what was written of an entry that is not taken.</summary>
    public void Clear()
    {
        _bytes.ResetWrittenCount();
        _json.Reset();
        (_isOpen, _isCut) = (false, false);
    }

    /// <summary>Copies what the reader finds up to the end of the object that is open.</summary>
    private void Copy(ref Utf8JsonReader reader)
    {
        Span<bool> isList = stackalloc bool[SenderJson.MaxDepth + 2];
        for (var depth = 0; reader.Read();)
        {
            var token = reader.TokenType;
            if (token is JsonTokenType.EndObject && depth == 0)
            {
                return;
            }

            // Beside a name there is room for a value; an item of a list is left out by itself.
            if (Room < Least && (token is JsonTokenType.PropertyName || (isList[depth] && token is not (JsonTokenType.EndArray or JsonTokenType.EndObject))))
            {
                _isCut = true;
                reader.Skip();
                continue;
            }

            switch (token)
            {
                case JsonTokenType.PropertyName:
                    _json.WritePropertyName(SenderJson.Text(ref reader, LongestName));
                    break;
                case JsonTokenType.StartObject or JsonTokenType.StartArray:
                    isList[++depth] = token == JsonTokenType.StartArray;
                    Open(isList[depth]);
                    break;
                case JsonTokenType.EndObject or JsonTokenType.EndArray:
                    Close(isList[depth--]);
                    break;
                case JsonTokenType.String:
                    _json.WriteStringValue(Fit(SenderJson.Text(ref reader, _limit), Math.Max(Least / 2, Math.Min(Room, _limit / 2))));
                    break;
                default:
                    _json.WriteRawValue(reader.ValueSpan.Length < Least / 2 ? reader.ValueSpan : "null"u8, skipInputValidation: true);
                    break;
            }
        }
    }

    private void Open(bool list)
    {
        if (list)
        {
            _json.WriteStartArray();
        }
        else
        {
            _json.WriteStartObject();
        }
    }

    private void Close(bool list)
    {
        if (list)
        {
            _json.WriteEndArray();
        }
        else
        {
            _json.WriteEndObject();
        }
    }

    /// <summary>Whether there is room for a name and the beginning of a value; the object is then open.</summary>
    /// <returns>The bytes that the value may take; null: none.</returns>
    private int? TakesName(ReadOnlySpan<char> name)
    {
        if (!_isOpen)
        {
            _json.WriteStartObject();
            _isOpen = true;
        }

        if (name.Length <= LongestName && Room >= Least)
        {
            return Room - (name.Length * 3) - 8;
        }

        _isCut = true;
        return null;
    }

    /// <summary>As much of a text as takes so many bytes at most when it is written.</summary>
    private ReadOnlySpan<char> Fit(ReadOnlySpan<char> text, int bytes)
    {
        var odd = false;
        for (var (i, cost) = (0, 0); i < text.Length; i++)
        {
            var c = text[i];
            cost += c < ' ' ? 6 : c is '"' or '\\' ? 2 : c < 0x80 ? 1 : c < 0x800 ? 2 : 3;
            odd |= c == 0 || char.IsSurrogate(c);
            if (cost > bytes)
            {
                _isCut = true;
                return FittedText.Fit(text, Math.Max(i - 1, FittedText.CutMark.Length + 1));
            }
        }

        return odd ? FittedText.Fit(text, int.MaxValue) : text;
    }

    /// <summary>Whether a text in it may be U+0000 or half a character.</summary>
    private static bool HoldsOddEscape(ReadOnlySpan<byte> json)
    {
        for (var at = 0; json[at..].IndexOf("\\u"u8) is var found and >= 0; at += found + 2)
        {
            if (json[(at + found + 2)..] is [(byte)'d' or (byte)'D', ..] or [(byte)'0', (byte)'0', (byte)'0', (byte)'0', ..])
            {
                return true;
            }
        }

        return false;
    }
}
