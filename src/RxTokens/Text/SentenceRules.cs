using System.Globalization;

namespace RxTokens;

/// <summary>What a code point is to the rules of sentences.</summary>
internal enum SentenceKind : byte
{
    Other,
    Nothing, // marks, joiners: belongs to what is before it
    Space,
    LineEnd,
    Point,
    Ellipsis,
    Terminator,
    WidePoint,
    WideTerminator,
    Small,
    Capital,
    Digit,
    Opening,
    InitialQuote, // opens; closes in languages that write „…“ and »…«
    Closing,
    StraightQuote,
    Emphasis, // as Markdown has it
    LineMarker, // the other signs at the beginning of Markdown's lines
    Continuer,
}

/// <summary>Where sentences end, a code point at a time. The rules stand at <see cref="TokenStream.Sentences(IObservable{string}, int)"/>.</summary>
internal struct SentenceRules
{
    private enum Place : byte
    {
        Blank, // nothing but white space yet
        Inside,
        End, // if what follows allows it
    }

    private static readonly CodePointKinds Kinds = new(static codePoint => (byte)Find(codePoint));

    private LastWord _word;
    private SentenceKind _last;
    private SentenceKind _beforeLast;
    private Place _place;
    private bool _isWide; // of the terminators: one needs no space
    private bool _hasMark; // and: not points alone
    private bool _isClosed; // behind them
    private bool _hasSpace;
    private bool _hasLineEnd;

    public static SentenceKind KindOf(int codePoint) => (SentenceKind)Kinds[codePoint];

    /// <summary>Takes the next code point.</summary>
    /// <returns>Whether a sentence begins with it.</returns>
    public bool Next(int codePoint)
    {
        var next = KindOf(codePoint);
        if (next == SentenceKind.Nothing)
            return false;

        var isAbbreviated = _word.Add(next, codePoint);
        var isBorder = false;
        if (next is SentenceKind.Space or SentenceKind.LineEnd)
        {
            AddSpace(next == SentenceKind.LineEnd);
        }
        else
        {
            isBorder = _place == Place.End && IsBorder(next);
            if (IsTerminator(next) && !isAbbreviated)
                AddTerminator(next, isFirst: isBorder || _place != Place.End);
            else if (_place == Place.End && !isBorder && !_hasSpace && IsCloser(next))
                _isClosed = true;
            else
                _place = Place.Inside;
        }

        (_beforeLast, _last) = (_last, next);
        return isBorder;
    }

    private static bool IsTerminator(SentenceKind kind) => kind is >= SentenceKind.Point and <= SentenceKind.WideTerminator;

    private readonly bool IsCloser(SentenceKind kind) => kind switch
    {
        SentenceKind.Closing or SentenceKind.StraightQuote => true,
        SentenceKind.InitialQuote or SentenceKind.Emphasis => !_isWide,
        _ => false,
    };

    private readonly bool IsBorder(SentenceKind next)
    {
        if (_hasLineEnd)
            return true;
        if (IsTerminator(next) || next == SentenceKind.Continuer || (!_hasSpace && IsCloser(next)))
            return false;
        if (_isWide)
            return (_beforeLast, _last, next) is not (SentenceKind.Digit, SentenceKind.WidePoint, SentenceKind.Digit);
        return _hasSpace && (next != SentenceKind.Small || (_hasMark && !_isClosed));
    }

    private void AddSpace(bool isLineEnd)
    {
        if (isLineEnd && _place == Place.Inside)
            (_place, _hasLineEnd) = (Place.End, true);
        _hasLineEnd |= isLineEnd;
        _hasSpace = true;
    }

    private void AddTerminator(SentenceKind kind, bool isFirst)
    {
        if (isFirst)
            (_place, _isWide, _hasMark) = (Place.End, false, false);
        _isWide |= kind is SentenceKind.WidePoint or SentenceKind.WideTerminator;
        _hasMark |= kind is SentenceKind.Terminator or SentenceKind.WideTerminator;
        (_isClosed, _hasSpace, _hasLineEnd) = (false, false, false);
    }

    private static SentenceKind Find(int codePoint) => codePoint switch
    {
        '\n' or '\v' or '\f' or '\r' or 0x85 or 0x2028 or 0x2029 => SentenceKind.LineEnd,
        '\t' => SentenceKind.Space,
        '.' => SentenceKind.Point,
        '…' or '‥' => SentenceKind.Ellipsis,
        '!' or '?' or '‼' or '‽' or '⁇' or '⁈' or '⁉' or '؟' or '۔' or '।' or '॥' or '։' or '።' or '။' or '។' => SentenceKind.Terminator,
        '．' => SentenceKind.WidePoint,
        '。' or '！' or '？' or '｡' => SentenceKind.WideTerminator,
        '"' or '\'' => SentenceKind.StraightQuote,
        '*' or '_' or '`' or '~' => SentenceKind.Emphasis,
        '#' or '>' or '-' or '+' => SentenceKind.LineMarker,
        ',' or ';' or ':' or '，' or '；' or '：' or '、' or '–' or '—' => SentenceKind.Continuer,
        _ => CharUnicodeInfo.GetUnicodeCategory(codePoint) switch
        {
            UnicodeCategory.SpaceSeparator => SentenceKind.Space,
            UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format => SentenceKind.Nothing,
            UnicodeCategory.LowercaseLetter => SentenceKind.Small,
            UnicodeCategory.UppercaseLetter or UnicodeCategory.TitlecaseLetter => SentenceKind.Capital,
            UnicodeCategory.DecimalDigitNumber => SentenceKind.Digit,
            UnicodeCategory.OpenPunctuation => SentenceKind.Opening,
            UnicodeCategory.InitialQuotePunctuation => SentenceKind.InitialQuote,
            UnicodeCategory.ClosePunctuation or UnicodeCategory.FinalQuotePunctuation => SentenceKind.Closing,
            _ => SentenceKind.Other,
        },
    };

    /// <summary>The word before a point: whether that is one of an abbreviation, an initial or a number of a list.</summary>
    private struct LastWord
    {
        private const string Consonants = "bcdfghjklmnpqrstvwxzBCDFGHJKLMNPQRSTVWXZ";
        private const int LongestAbbreviation = 4;

        private enum Shape : byte
        {
            None,
            Letters,
            Number,
            Other,
        }

        private Shape _shape;
        private int _length; // since its last point
        private bool _hasVowel;
        private bool _hasSmall;
        private bool _isInsideLine;

        /// <summary>Whether it is a point that ends no sentence.</summary>
        public bool Add(SentenceKind kind, int codePoint)
        {
            var isAbbreviated = false;
            switch (kind)
            {
                case SentenceKind.Space or SentenceKind.LineEnd or SentenceKind.Opening or SentenceKind.InitialQuote:
                    _shape = Shape.None;
                    _length = 0;
                    break;

                case SentenceKind.Small or SentenceKind.Capital when _shape is Shape.None or Shape.Letters:
                    (_hasVowel, _hasSmall) = (_length > 0 && _hasVowel, _length > 0 && _hasSmall);
                    _shape = Shape.Letters;
                    _length = Math.Min(_length + 1, LongestAbbreviation + 1);
                    _hasVowel |= codePoint > 'z' || !Consonants.Contains((char)codePoint, StringComparison.Ordinal);
                    _hasSmall |= kind == SentenceKind.Small;
                    break;

                case SentenceKind.Digit when _shape is Shape.Number || (_shape is Shape.None && !_isInsideLine):
                    _shape = Shape.Number;
                    _length = 1;
                    break;

                case SentenceKind.Point when _length > 0 && (_shape is Shape.Number || IsShort):
                    isAbbreviated = true;
                    _length = 0;
                    break;

                case SentenceKind.StraightQuote or SentenceKind.Emphasis or SentenceKind.LineMarker or SentenceKind.Closing when _shape is Shape.None:
                    break;

                default:
                    _shape = Shape.Other;
                    break;
            }

            if (kind == SentenceKind.LineEnd)
                _isInsideLine = false;
            else if (kind is not (SentenceKind.Space or SentenceKind.Emphasis or SentenceKind.LineMarker))
                _isInsideLine = true;
            return isAbbreviated;
        }

        private readonly bool IsShort => _shape is Shape.Letters && (_length == 1 || (_length <= LongestAbbreviation && !_hasVowel && _hasSmall));
    }
}
